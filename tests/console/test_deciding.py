"""What people decide about entries over HTTP: replay, cancel, settle, another body, redrive."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.console.conftest import Console

from battle_healer_replay.entry import RULE
from battle_healer_replay.operations.claim import Wish

ADA = {"by": "ada", "why": "asked them"}


def assert_forbidden(reply: httpx2.Response, detail: str) -> None:
    problem = reply.json()
    assert (reply.status_code, problem["type"][-20:]) == (409, "forbidden-transition"), reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert detail in problem["detail"]


def last_action(console: Console, name: str) -> tuple[str, str, str]:
    action = console.queue.story(name).actions[-1]
    return action.what, action.who, action.why


def state_of(console: Console, name: str) -> str:
    return str(console.queue.story(name).entry.state)


def test_a_dead_entry_is_sent_again_and_its_story_says_who_wanted_it(either: Console) -> None:
    name = either.dead()
    reply = either.call("POST", f"/queue-failed/{name}/replay", ADA)
    assert (reply.status_code, reply.json()["state"]) == (200, "queued")
    assert last_action(either, name) == ("redrive", "ada", "asked them")
    assert [claim.entry.id for claim in either.queue.claim(Wish("w", 30.0, 9)).claims] == [name]


def test_a_replay_may_be_due_later(console: Console) -> None:
    name = console.dead()
    told = console.call("POST", f"/queue-failed/{name}/replay", {"in_s": 60}).json()
    assert 59_000 < told["due_ms"] - console.queue.now_ms() <= 60_000


def test_i1_one_in_doubt_is_replayed_only_on_somebodys_word(either: Console) -> None:
    name = either.entry()
    for body in (None, ADA, ADA | {"send_again": False}):
        reply = either.call("POST", f"/queue-failed/{name}/replay", body)
        assert_forbidden(reply, "somebody has to say first that it took no effect")
    assert either.queue.claim(Wish("w", 30.0, 9)).claims == ()
    told = either.call("POST", f"/queue-failed/{name}/replay", {"send_again": True}).json()
    assert (told["state"], told["needs_decision"]) == ("queued", False)


@pytest.mark.parametrize("what", ["replay", "settle"])
def test_what_is_not_dead_is_neither_replayed_nor_settled(console: Console, what: str) -> None:
    name = console.entry(method="PUT")
    assert_forbidden(console.call("POST", f"/queue-failed/{name}/{what}", ADA), "queued")
    assert state_of(console, name) == "queued"


def test_one_in_doubt_is_settled_and_never_sent(either: Console) -> None:
    name = either.entry()
    told = either.call("POST", f"/queue-failed/{name}/settle", ADA).json()
    assert (told["state"], told["needs_decision"]) == ("succeeded", False)
    assert last_action(either, name) == ("settle", "ada", "asked them")
    assert_forbidden(either.call("POST", f"/queue-failed/{name}/replay", {"send_again": True}), "")
    assert either.queue.claim(Wish("w", 30.0, 9)).claims == ()


def test_one_that_was_refused_cannot_be_settled(console: Console) -> None:
    name = console.dead()
    assert_forbidden(console.call("POST", f"/queue-failed/{name}/settle"), "")
    assert state_of(console, name) == "dead"


def test_what_is_cancelled_is_not_sent(either: Console) -> None:
    name = either.entry(method="PUT")
    told = either.call("POST", f"/queue-failed/{name}/cancel", ADA).json()
    assert told["state"] == "cancelled"
    assert either.queue.claim(Wish("w", 30.0, 9)).claims == ()
    assert_forbidden(either.call("POST", f"/queue-failed/{name}/cancel"), "cancelled")


def test_one_that_runs_is_asked_to_end(console: Console) -> None:
    name = console.entry(method="PUT")
    console.queue.claim(Wish("w", 30.0, 1))
    told = console.call("POST", f"/queue-failed/{name}/cancel").json()
    assert (told["state"], told["cancel_asked"]) == ("running", True)


def test_another_body_is_a_new_revision_under_a_new_key(either: Console) -> None:
    name = either.dead(idempotency_key="k1")
    edit = {"body": {"amount": 16}, "idempotency_key": "k2"}
    reply = either.call("PUT", f"/queue-failed/{name}/body", edit | ADA)
    assert (reply.status_code, reply.json()["revision"]) == (200, 2)
    old, new = either.queue.story(name).payloads
    assert (old.body, old.key) == (b'{"amount": 15}', "k1")
    assert (new.body, new.key) == (b'{"amount": 16}', "k2")
    assert dict(new.headers)["Idempotency-Key"] == "k2"
    assert new.url == old.url
    assert last_action(either, name) == ("edit", "ada", "asked them")
    assert reply.json()["state"] == "dead", "it is sent only when it is replayed"


@pytest.mark.parametrize(
    ("edit", "detail"),
    [
        ({"body": {"amount": 16}, "idempotency_key": "k1"}, "another body under the same key"),
        ({"body": {"amount": 16}}, "without a key it would be sent again unprotected"),
    ],
    ids=str,
)
def test_i1_another_body_needs_a_key_that_was_never_used(
    console: Console, edit: dict[str, Any], detail: str
) -> None:
    name = console.dead(idempotency_key="k1")
    assert_forbidden(console.call("PUT", f"/queue-failed/{name}/body", edit), detail)
    assert len(console.queue.story(name).payloads) == 1


def test_only_a_dead_entry_takes_another_body(console: Console) -> None:
    name = console.entry(method="PUT")
    assert_forbidden(console.call("PUT", f"/queue-failed/{name}/body", {"body": 1}), "queued")


def test_a_body_must_be_given_and_must_fit(console: Console) -> None:
    name = console.dead()
    path = f"/queue-failed/{name}/body"
    missing = console.call("PUT", path, {"idempotency_key": "k2"})
    assert (missing.status_code, missing.json()["errors"][0]["pointer"]) == (422, "/body")
    big = {"body": "x" * (RULE.body_bytes + 1), "idempotency_key": "k2"}
    assert console.call("PUT", path, big).status_code == 413
    assert len(console.queue.story(name).payloads) == 1


def test_dead_ones_of_a_filter_are_redriven_at_a_rate_but_none_in_doubt(either: Console) -> None:
    doubtful = either.entry(tenant="acme", body={"amount": 1})
    wanted = [either.dead(tenant="acme") for _ in range(3)]
    others = [either.dead(tenant="other")]
    told = either.call("POST", "/queue-failed/redrive", ADA | {"tenant": "acme", "per_s": 0.1})
    assert (told.status_code, told.json()) == (200, {"redriven": 3, "entries": wanted})
    dues = [either.queue.story(name).entry.due_ms for name in wanted]
    assert [round((due - dues[0]) / 10_000) for due in dues] == [0, 1, 2]
    assert {state_of(either, name) for name in (doubtful, *others)} == {"dead"}
    assert last_action(either, wanted[2]) == ("redrive", "ada", "asked them")


@pytest.mark.parametrize(
    ("wish", "n"),
    [
        ({}, 2),
        ({"most": 1}, 1),
        ({"reason": "refused"}, 2),
        ({"reason": "failures"}, 0),
        ({"destination": "pay", "queue": "charges"}, 2),
        ({"destination": "frank"}, 0),
        ({"queue": "default"}, 0),
        ({"correlation_id": "order-1"}, 1),
        ({"since": "2001-01-01T00:00:00Z"}, 2),
        ({"until": "2001-01-01T00:00:00Z"}, 0),
    ],
    ids=str,
)
def test_a_redrive_has_the_filters_of_the_list_and_a_bound(
    console: Console, wish: dict[str, Any], n: int
) -> None:
    console.dead(correlation_id="order-1")
    console.dead()
    assert console.call("POST", "/queue-failed/redrive", wish).json()["redriven"] == n
    assert console.queue.stats().counts["queued"] == n


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/redrive", {"reason": "ambiguous"}, "/reason"),
        ("/redrive", {"tenat": "acme"}, "/tenat"),
        ("/redrive", {"per_s": 0}, "/per_s"),
        ("/redrive", {"most": 10_001}, "/most"),
        ("/entry-1/replay", {"send_agian": True}, "/send_agian"),
        ("/entry-1/replay", {"in_s": -1}, "/in_s"),
        ("/entry-1/cancel", {"why": ""}, "/why"),
        ("/entry-1/settle", {"by": ""}, "/by"),
    ],
    ids=str,
)
def test_a_decision_with_a_field_that_is_not_known_decides_nothing(
    console: Console, path: str, body: dict[str, Any], pointer: str
) -> None:
    console.dead()
    reply = console.call("POST", f"/queue-failed{path}", body)
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, pointer)
    assert console.queue.stats().counts["dead"] == 1


def test_a_nul_in_who_or_why_decides_nothing_on_either_database(either: Console) -> None:
    name = either.dead()
    for said in ({"by": "a\x00"}, {"why": "a\x00"}):
        assert either.call("POST", f"/queue-failed/{name}/cancel", said).status_code == 422
    assert state_of(either, name) == "dead"
