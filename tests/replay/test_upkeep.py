"""Lost leases, what was kept long enough, and what people change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from battle_healer_replay.entry import Payload, State
from battle_healer_replay.errors import ForbiddenError, RefusedError, UnknownEntryError
from battle_healer_replay.transitions import Refusal
from battle_healer_replay.worker.heartbeat import Heartbeat
from battle_healer_replay.worker.running import Running

if TYPE_CHECKING:
    from tests.replay.conftest import Rig

DAY_S = 86_400.0


def keyed(key: str, **changes: Any) -> Payload:
    given = Payload(
        "POST", "https://pay.example/charges", (("Idempotency-Key", key),), b'{"amount": 1}', key
    )
    return replace(given, **changes)


def dead(rig: Rig, payload: Payload) -> str:
    claim = rig.claimed(payload=payload, max_failures=1)
    rig.record("fail", claim)
    return claim.entry.id


def test_a_lease_that_nobody_extends_is_lost_and_the_entry_is_claimed_anew(rig: Rig) -> None:
    claim = rig.claimed()
    rig.clock.advance(29)
    assert rig.queue.reap() == []
    rig.clock.advance(2)
    (change,) = rig.queue.reap()
    assert (change.entry.state, change.entry.failures) == ("queued", 1)
    (again,) = rig.claim("w2")
    assert (again.entry.id, again.entry.fence) == (claim.entry.id, 2)


def test_what_a_worker_says_too_late_is_noted_and_changes_nothing(rig: Rig) -> None:
    claim = rig.claimed()
    rig.clock.advance(31)
    rig.queue.reap()
    assert isinstance(rig.record("succeed", claim, detail="201"), Refusal)
    story = rig.queue.story(claim.entry.id)
    assert story.entry.state is State.QUEUED
    assert [(a.result, a.late is not None) for a in story.attempts] == [("lost", True)]


def test_a_heartbeat_keeps_a_lease_and_hears_of_a_cancellation(rig: Rig) -> None:
    running = Running(rig.claimed(), until=30.0)
    heart = Heartbeat(rig.queue, rig.lease_s, lambda: 20.0)
    heart.add(running)
    rig.clock.advance(20)
    heart.beat()
    assert (running.until, running.stopped) == (50.0, None)
    rig.clock.advance(20)
    assert rig.queue.reap() == []
    rig.queue.cancel(running.claim.entry.id, who="ada", why="asked")
    heart.beat()
    assert running.stopped == "somebody has cancelled it"


def test_a_heartbeat_stops_what_another_worker_has(rig: Rig) -> None:
    running = Running(rig.claimed(), until=30.0)
    heart = Heartbeat(rig.queue, rig.lease_s, lambda: 0.0)
    heart.add(running)
    rig.clock.advance(31)
    rig.queue.reap()
    rig.claim("w2")
    heart.beat()
    assert running.stopped is not None


@pytest.mark.parametrize(
    ("state", "kept_days"), [(State.SUCCEEDED, 1), (State.CANCELLED, 7), (State.DEAD, 14)]
)
def test_what_has_ended_is_kept_for_a_while_with_all_that_belongs_to_it(
    rig: Rig, state: State, kept_days: int
) -> None:
    payload = keyed("k1")
    if state is State.CANCELLED:
        name = rig.keep(payload=payload, key="k1")
        rig.queue.cancel(name, who="ada", why="asked")
    else:
        claim = rig.claimed(payload=payload, key="k1", max_failures=1)
        rig.record("succeed" if state is State.SUCCEEDED else "fail", claim)
        name = claim.entry.id
    rig.clock.advance(kept_days * DAY_S - 1)
    assert rig.queue.forget(state, kept_days * DAY_S) == 0
    assert not rig.queue.enqueue(rig.draft(payload=payload, key="k1")).is_new
    rig.clock.advance(2)
    assert rig.queue.forget(state, kept_days * DAY_S) == 1
    with pytest.raises(UnknownEntryError):
        rig.queue.story(name)
    assert rig.queue.enqueue(rig.draft(payload=payload, key="k1")).is_new


def test_what_has_not_ended_is_never_forgotten(rig: Rig) -> None:
    rig.keep()
    rig.clock.advance(1000 * DAY_S)
    assert [rig.queue.forget(state, 0.0) for state in State] == [0] * len(State)


def test_an_edit_is_a_new_revision_that_is_sent_under_a_new_key(rig: Rig) -> None:
    name = dead(rig, keyed("k1"))
    better = keyed("k2", body=b'{"amount": 2}')
    rig.queue.edit(name, better, who="ada", why="it was a typing error")
    rig.queue.redrive(name, who="ada", why="put right")
    (claim,) = rig.claim()
    assert (claim.entry.revision, claim.payload.key, claim.payload.body) == (2, "k2", better.body)
    story = rig.queue.story(name)
    assert [p.body for p in story.payloads] == [b'{"amount": 1}', b'{"amount": 2}']
    assert [(a.what, a.who) for a in story.actions] == [("edit", "ada"), ("redrive", "ada")]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"key": "k1", "headers": (("Idempotency-Key", "k1"),)}, "under the same key"),
        ({"key": None, "headers": ()}, "unprotected"),
        ({"headers": (("Idempotency-Key", "k1"),)}, "not the key of the revision"),
        ({"method": "PUT"}, "another call"),
    ],
    ids=["same key", "no key", "old header", "other method"],
)
def test_i1_an_edit_may_not_leave_a_call_unprotected(
    rig: Rig, changes: dict[str, Any], why: str
) -> None:
    name = dead(rig, keyed("k1"))
    with pytest.raises(ForbiddenError, match=why):
        rig.queue.edit(name, replace(keyed("k2"), **changes), who="ada", why="try")
    assert len(rig.queue.story(name).payloads) == 1


def test_i1_an_entry_in_doubt_may_not_be_edited(rig: Rig) -> None:
    name = rig.keep(payload=keyed("k1"), safe=False, doubt=True)
    with pytest.raises(ForbiddenError):
        rig.queue.edit(name, keyed("k2"), who="ada", why="try")


def test_i2_an_edit_keeps_no_credential_and_nothing_too_large(rig: Rig) -> None:
    name = dead(rig, keyed("k1"))
    with_token = keyed("k2", headers=(("Idempotency-Key", "k2"), ("Authorization", "Bearer x")))
    rig.queue.edit(name, with_token, who="ada", why="try")
    assert rig.queue.story(name).payloads[-1].headers == (("Idempotency-Key", "k2"),)
    with pytest.raises(RefusedError, match="bytes"):
        rig.queue.edit(name, keyed("k3", body=b"x" * 1_048_577), who="ada", why="try")
