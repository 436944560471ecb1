"""What is handed in is kept, once, and can be found again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from battle_healer import model
from battle_healer_replay.entry import Payload, State
from battle_healer_replay.errors import (
    ClosedError,
    KeyReusedError,
    RefusedError,
    UnavailableError,
    UnknownEntryError,
)
from battle_healer_replay.operations.look import Filter
from battle_healer_replay.queue import Queue

if TYPE_CHECKING:
    from tests.replay.conftest import Rig

FULL = Payload(
    "POST", "https://pay.example/c", (("X-A", "1"),), b"\x00\xff", "k1", "us", "main", "p", "e"
)  # fmt: skip


def test_what_was_kept_is_there_after_a_restart(rig: Rig) -> None:
    receipt = rig.queue.enqueue(rig.draft(payload=FULL))
    rig.queue.close()
    rig.queue = Queue(rig.open())
    story = rig.queue.story(receipt.id)
    assert story.payloads == (FULL,)
    assert (story.entry.state, story.entry.fence, story.entry.failures) == (State.QUEUED, 0, 0)


def test_the_same_key_in_the_same_tenant_is_the_first_entry_also_after_its_end(rig: Rig) -> None:
    draft = rig.draft(key="k1")
    first = rig.queue.enqueue(draft)
    again = rig.queue.enqueue(replace(draft, call_id="call-other"))
    assert (first.is_new, again.is_new, again.id) == (True, False, first.id)
    (claim,) = rig.claim()
    rig.record("succeed", claim)
    ended = rig.queue.enqueue(replace(draft, call_id="call-third"))
    assert (ended.id, ended.state, ended.is_new) == (first.id, State.SUCCEEDED, False)
    assert rig.claim() == ()


def test_another_tenant_may_use_the_same_key(rig: Rig) -> None:
    draft = rig.draft(key="k1")
    other = replace(draft, call_id="call-other", tenant="other")
    assert rig.queue.enqueue(draft).id != rig.queue.enqueue(other).id


def test_the_same_call_handed_in_twice_is_one_entry(rig: Rig) -> None:
    draft = rig.draft()
    assert rig.queue.enqueue(draft).id == rig.queue.enqueue(draft).id
    assert len(rig.claim()) == 1


def test_a_key_of_another_request_is_an_error_and_loses_nothing(rig: Rig) -> None:
    draft = rig.draft(key="k1")
    first = rig.queue.enqueue(draft)
    with pytest.raises(KeyReusedError, match="another request"):
        rig.queue.enqueue(rig.draft(key="k1"))
    assert [entry.id for entry in rig.queue.entries()] == [first.id]


def test_many_callers_share_commits_and_each_gets_its_own_answer(rig: Rig) -> None:
    drafts = [rig.draft(key=f"k{i % 40}") for i in range(120)]
    drafts = [replace(d, payload=drafts[i % 40].payload) for i, d in enumerate(drafts)]
    with ThreadPoolExecutor(16) as pool:
        receipts = list(pool.map(rig.queue.enqueue, drafts))
    assert len({receipt.id for receipt in receipts}) == 40
    assert sum(receipt.is_new for receipt in receipts) == 40
    assert len(list(rig.queue.entries())) == 40


def test_one_bad_draft_of_a_shared_commit_harms_no_other(rig: Rig) -> None:
    rig.keep(key="k1")
    drafts = [rig.draft(key="k1" if i == 7 else None) for i in range(24)]

    def kept(draft: Any) -> bool:
        try:
            return rig.queue.enqueue(draft).is_new
        except KeyReusedError:
            return False

    with ThreadPoolExecutor(24) as pool:
        assert list(pool.map(kept, drafts)) == [i != 7 for i in range(24)]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"payload": replace(FULL, body=b"x" * (1024 * 1024 + 1))}, "a body of 1048577 bytes"),
        ({"payload": replace(FULL, url="/charges")}, "no absolute URL"),
        ({"payload": replace(FULL, url="ftp://pay.example/")}, "no absolute URL"),
        (
            {"payload": replace(FULL, url="https://pay.example/c?token=s3cret")},
            "a secret in the URL",
        ),
        ({"payload": replace(FULL, url="https://u:s3cret@pay.example/c")}, "a secret in the URL"),
        ({"payload": replace(FULL, headers=(("X", "a\r\nb"),))}, "a line end in a header"),
        ({"due_in_s": -1.0}, "in the past"),
        ({"expires_in_s": float("nan")}, "in the past"),
        ({"tenant": ""}, "without a usable name"),
        ({"queue": "a\nb"}, "without a usable name"),
        ({"priority": "urgent"}, "unknown priority"),
        ({"correlation_id": "a b"}, "correlation id that is none"),
        ({"max_failures": 0}, "no failure allowed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_must_not_be_kept_is_refused(
    sqlite_rig: Rig, changes: dict[str, Any], what: str
) -> None:
    with pytest.raises(RefusedError, match=what) as refusal:
        sqlite_rig.keep(**changes)
    assert "s3cret" not in str(refusal.value)
    assert list(sqlite_rig.queue.entries()) == []


def test_i2_a_header_that_holds_a_credential_is_not_kept(rig: Rig) -> None:
    headers = (("Authorization", "Bearer s3cret"), ("X-Api-Key", "s3cret"), ("X-Kept", "1"))
    name = rig.keep(payload=replace(FULL, headers=headers))
    assert rig.queue.story(name).payloads[0].headers == (("X-Kept", "1"),)


def test_an_ambiguous_write_is_kept_for_a_person_and_never_claimed(rig: Rig) -> None:
    doubtful = rig.keep(safe=False, doubt=True)
    harmless = rig.keep(safe=True, doubt=True)
    assert rig.state(doubtful) == ("dead", "ambiguous")
    assert [claim.entry.id for claim in rig.claim()] == [harmless]


def test_a_due_time_is_kept_by_the_databases_clock(rig: Rig) -> None:
    name = rig.keep(due_in_s=60.0)
    rig.clock.advance(59.9)
    assert rig.claim() == ()
    rig.clock.advance(0.1)
    assert [claim.entry.id for claim in rig.claim()] == [name]


def test_a_call_that_the_agent_parks_is_an_entry_as_it_was_first_sent(rig: Rig) -> None:
    parked = rig.queue.park(
        model.Entry(
            "call-018f", "corr-9", "acme", "pay", "eu", "payments", "POST",
            "https://eu.pay.example/charges", (("Content-Type", "application/json"),), b"{}",
            "k9", "main", "healer.yaml", "unavailable (status 503)", "no", 30.0, repeatable=True,
        )
    )  # fmt: skip
    assert (parked.id, parked.durable) == ("entry-018f", True)
    story = rig.queue.story(parked.id)
    entry, payload = story.entry, story.payloads[0]
    assert (entry.tenant, entry.queue, entry.destination) == ("acme", "payments", "pay")
    assert (entry.call_id, entry.correlation_id, entry.safe) == ("call-018f", "corr-9", True)
    assert (payload.key, payload.region, payload.credential_ref) == ("k9", "eu", "main")
    assert (payload.policy, payload.error) == ("healer.yaml", "unavailable (status 503)")
    assert entry.due_ms - entry.created_ms == 30_000


def test_an_entry_can_join_the_callers_own_transaction(postgres_rig: Rig) -> None:
    rig = postgres_rig
    with psycopg.connect(rig.url) as connection:
        lost = rig.queue.enqueue(rig.draft(), connection=connection)
        connection.rollback()
        kept = rig.queue.enqueue(rig.draft(), connection=connection)
        assert list(rig.queue.entries()) == [], "it is there before its commit"
        connection.commit()
    assert [entry.id for entry in rig.queue.entries()] == [kept.id]
    with pytest.raises(UnknownEntryError):
        rig.queue.story(lost.id)


def test_a_connection_to_another_database_is_refused(postgres_rig: Rig, server: str) -> None:
    with (
        psycopg.connect(server) as other,
        pytest.raises(UnavailableError, match="another database"),
    ):
        postgres_rig.queue.enqueue(postgres_rig.draft(), connection=other)


def test_entries_are_listed_by_what_is_asked(rig: Rig) -> None:
    first = rig.keep(tenant="acme", queue="a", correlation_id="corr-x")
    rig.clock.advance(10)
    second = rig.keep(destination="mail")
    claim = next(c for c in rig.claim() if c.entry.id == first)
    rig.record("succeed", claim)

    def ids(**wanted: Any) -> list[str]:
        return [entry.id for entry in rig.queue.entries(Filter(**wanted))]

    now = rig.queue.now_ms()
    assert ids() == [first, second]
    assert ids(state=State.SUCCEEDED) == ids(tenant="acme") == ids(queue="a") == [first]
    assert ids(correlation_id="corr-x") == ids(until_ms=now - 5_000) == [first]
    assert ids(destination="mail") == ids(since_ms=now - 5_000) == [second]


def test_figures_say_what_there_is(rig: Rig) -> None:
    rig.keep()
    rig.record("succeed", rig.claimed())
    rig.keep(safe=False, doubt=True)
    rig.clock.advance(30)
    stats = rig.queue.stats()
    assert stats.counts == {"queued": 0, "running": 1, "succeeded": 1, "dead": 1, "cancelled": 0}
    assert (stats.dead_recent, stats.undecided, stats.oldest_s) == (1, 1, 30.0)
    assert (stats.in_per_minute, stats.out_per_minute) == (3, 1)


def test_a_closed_queue_says_so(rig: Rig) -> None:
    rig.queue.close()
    with pytest.raises(ClosedError):
        rig.keep()
    rig.queue = Queue(rig.open())
