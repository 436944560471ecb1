"""Endings that are no plain answer: parked, degraded, adapted; and who plans."""

import json
import pickle
import threading
import time as real_time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from tests.support.serving import Api, Said

from battle_healer import CallQueued, HealingClient, outcome_of
from battle_healer.clients.answers import answer
from battle_healer.clients.engine import Engine
from battle_healer.clients.library import library_of
from battle_healer.commands import Abstain, Note, Ranking
from battle_healer.commands import Ask as Question
from battle_healer.episode import Ending
from battle_healer.errors import UsageError
from battle_healer.model import Entry, Operation, Outcome, OutcomeKind, Parked, Plan, Reply
from battle_healer.rules import (
    Bounds,
    CredentialRule,
    Degrade,
    Destination,
    Endpoint,
    Region,
    Rules,
    TokenCall,
)
from battle_healer.secret import Secret
from battle_healer.stores import InMemoryStore

Ask = Callable[..., httpx2.Response]


def rules_for(url: str, endpoint: Endpoint | None = None, **bounds: Any) -> Rules:
    main = CredentialRule("main", Secret("tok-main"))
    where = Destination("pay", (Region("us", url),), (main,), (endpoint,) if endpoint else ())
    return Rules((where,), Bounds(**bounds))


QUEUED = Endpoint("charge", "POST /charges", idempotency="honoured", queue="payments")


def test_a_parked_call_raises_and_its_entry_holds_no_secret(ask: Ask) -> None:
    store = InMemoryStore()
    with Api(lambda seen: Said(503, {})) as api, pytest.raises(CallQueued) as caught:
        ask(
            "POST",
            "pay:/charges",
            json={"amount": 15},
            headers={"Idempotency-Key": "k-1", "Cookie": "tok-cookie"},
            client={"policy": rules_for(api.url, QUEUED), "queue": store},
        )
    error = caught.value
    assert list(store.entries) == [error.id]
    assert (error.durable, outcome_of(error).kind) == (False, OutcomeKind.QUEUED)
    entry = store.entries[error.id]
    assert (entry.method, entry.url, entry.key) == ("POST", f"{api.url}/charges", "k-1")
    assert json.loads(entry.body or b"") == {"amount": 15}
    assert "tok-" not in repr(entry.headers)
    assert pickle.loads(pickle.dumps(error)).id == error.id  # noqa: S301 -- our own bytes


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/charges?access_token=tok-query", {}), ("/charges", {"X-Api-Key": "tok-header"})],
    ids=["in the address", "in a header that no credential replaces"],
)
def test_a_call_that_is_nothing_without_its_secret_is_not_parked(
    ask: Ask, path: str, headers: dict[str, str]
) -> None:
    store = InMemoryStore()
    with Api(lambda seen: Said(503, {})) as api:
        where = Destination("pay", (Region("us", api.url),), (), (QUEUED,))
        reply = ask(
            "POST",
            f"pay:{path}",
            json={},
            headers={"Idempotency-Key": "k-1"} | headers,
            client={"policy": Rules((where,)), "queue": store},
        )
    assert (reply.status_code, store.entries) == (503, {})


def test_a_store_that_fails_keeps_no_promise(ask: Ask) -> None:
    class Broken:
        def park(self, entry: Entry) -> Parked:
            raise OSError("disk full")

    with Api(lambda seen: Said(503, {})) as api:
        reply = ask(
            "POST",
            "pay:/charges",
            json={},
            headers={"Idempotency-Key": "k-1"},
            client={"policy": rules_for(api.url, QUEUED), "queue": Broken()},
        )
    assert (reply.status_code, outcome_of(reply).kind) == (503, OutcomeKind.FAILED)


def test_a_stale_answer_is_labelled_in_its_headers_and_outcome(around: Callable[..., Any]) -> None:
    stale = Endpoint("things", "GET /things", degrade=Degrade(("stale",)))
    said = iter([Said(200, {"n": 1})])
    with (
        Api(lambda seen: next(said, Said(503, {}))) as api,
        HealingClient(
            policy=rules_for(api.url, stale), trust_env=False, surroundings=around()
        ) as client,
    ):
        assert outcome_of(client.get("pay:/things")).kind is OutcomeKind.DELIVERED
        reply = client.get("pay:/things")
    assert (reply.status_code, reply.json()) == (200, {"n": 1})
    assert reply.headers["healer-outcome"] == "degraded"
    assert reply.headers["healer-degradation"] == "stale"
    assert int(reply.headers["age"]) >= 0
    outcome = outcome_of(reply)
    assert (outcome.kind, outcome.degradation) == (OutcomeKind.DEGRADED, "stale")


def test_a_healed_answer_is_kept_for_later_too(around: Callable[..., Any]) -> None:
    stale = Endpoint("things", "GET /things", degrade=Degrade(("stale",)))
    said = iter([Said(503, {}), Said(200, {"n": 2})])
    with (
        Api(lambda seen: next(said, Said(503, {}))) as api,
        HealingClient(
            policy=rules_for(api.url, stale), trust_env=False, surroundings=around()
        ) as client,
    ):
        assert outcome_of(client.get("pay:/things")).healed
        assert client.get("pay:/things").json() == {"n": 2}


def test_a_mock_is_fetched_beside_the_call(ask: Ask) -> None:
    mocked = Endpoint("things", "GET /things", degrade=Degrade(("post",), post="/mock"))

    def down(seen: Any) -> Said:
        return Said(200, {"mock": {"n": 0}}) if seen.path == "/mock" else Said(503, {})

    with Api(down) as api:
        reply = ask("GET", "pay:/things", client={"policy": rules_for(api.url, mocked)})
        assert len(api.at("/mock")) == 1
    assert (reply.json(), outcome_of(reply).degradation) == ({"n": 0}, "mocked")
    assert outcome_of(reply).requests == 3


def test_a_repaired_request_has_no_header_that_vouches_for_the_old_bytes(ask: Ask) -> None:
    charge = Endpoint("charge", "POST /charges", repair=True)
    hint = {"op": "move", "from": "/amt", "path": "/amount"}
    refusal = {"errors": [{"pointer": "/amt", "code": "unknown", "hint": hint}]}
    vouching = ("Content-Digest", "Repr-Digest", "Digest", "Signature", "Signature-Input")
    with Api([Said(422, refusal), Said(201, {})]) as api:
        ask(
            "POST",
            "pay:/charges",
            json={"amt": 1},
            headers=dict.fromkeys(vouching, "x=1"),
            client={"policy": rules_for(api.url, charge)},
        )
        first, second = api.seen
    assert second.json == {"amount": 1}
    assert [name for name in vouching if name.lower() in first.headers] == list(vouching)
    assert [name for name in vouching if name.lower() in second.headers] == []


def test_an_adapted_answer_has_no_header_that_vouches_for_the_old_bytes() -> None:
    request = httpx2.Request("GET", "https://api.example/")
    old = httpx2.Response(
        200,
        headers={
            "ETag": '"a"',
            "Content-Digest": "sha-256=:x:",
            "Signature": "s",
            "Content-Type": "application/json",
            "X-Own": "1",
        },
        stream=httpx2.ByteStream(b'{"old": 1}'),
    )
    outcome = Outcome(
        OutcomeKind.DELIVERED,
        "none",
        "adapted",
        adapted=(Operation("move", "/new", source="/old"),),
    )
    ending = Ending(outcome, Reply(200, (), b'{"old": 1}', handle=old), b'{"new": 1}')
    reply = answer(ending, request, library_of(request))
    assert reply.read() == b'{"new": 1}'
    assert dict(reply.headers) == {
        "content-type": "application/json",
        "x-own": "1",
        "healer-adapted": "1",
        "content-length": "10",
    }
    assert outcome_of(reply).adapted[0].path == "/new"


class Planning:
    """A planner of a program's own."""

    name = "mine"

    def __init__(self, rank: Callable[[tuple[Plan, ...]], Ranking | Abstain]) -> None:
        self._rank = rank
        self.asked = 0

    def rank(
        self, menu: tuple[Plan, ...], facts: Mapping[str, Any], budget_s: float
    ) -> Ranking | Abstain:
        self.asked += 1
        return self._rank(menu)


def test_a_planner_of_ones_own_is_asked_and_named_in_the_steps(ask: Ask) -> None:
    def first(menu: tuple[Plan, ...]) -> Ranking:
        return Ranking({menu[0].id: 1.0}, "mine")

    planner = Planning(first)
    with Api([Said(503), Said(200)]) as api:
        reply = ask("GET", f"{api.url}/things", client={"planner": planner})
    assert planner.asked == 1
    assert outcome_of(reply).steps[0].planner == "mine"


def test_a_planner_that_fails_costs_nothing(ask: Ask) -> None:
    def broken(menu: tuple[Plan, ...]) -> Ranking:
        raise RuntimeError("down")

    with Api([Said(503), Said(200)]) as api:
        reply = ask("GET", f"{api.url}/things", client={"planner": Planning(broken)})
    assert reply.status_code == 200
    assert outcome_of(reply).steps[0].planner == "heuristic"


def test_a_planner_that_hangs_costs_its_budget_and_no_more(ask: Ask) -> None:
    release = threading.Event()

    def hanging(menu: tuple[Plan, ...]) -> Ranking:
        release.wait(30)
        raise RuntimeError("late")

    began = real_time.monotonic()
    with Api([Said(503), Said(200)]) as api:
        policy = replace(rules_for(api.url), bounds=Bounds(model_budget_s=0.05))
        options = {"planner": Planning(hanging), "policy": policy}
        assert ask("GET", f"{api.url}/things", client=options).status_code == 200
    assert real_time.monotonic() - began < 5
    release.set()


def test_planners_that_hang_for_ever_take_no_more_than_so_many_threads() -> None:
    release = threading.Event()

    def hanging(menu: tuple[Plan, ...]) -> Ranking:
        release.wait(30)
        raise RuntimeError("late")

    engine = Engine(planner=Planning(hanging))
    question = Question("mine", (), {}, 1.0)
    answers = [engine.rank(question) for _ in range(100)]
    try:
        assert [answer.done() for answer in answers] == [False] * 32 + [True] * 68
        assert [answer.result(5) for answer in answers[32:]] == [Abstain("unavailable")] * 68
    finally:
        release.set()
    assert [answer.result(5) for answer in answers[:32]] == [Abstain("error")] * 32
    assert engine.rank(question).result(5) == Abstain("error"), "the threads are free again"


def test_an_unknown_planner_is_an_error_before_anything_is_sent(ask: Ask) -> None:
    with pytest.raises(UsageError, match="unknown planner 'nobody'"):
        ask("GET", "http://127.0.0.1:1/", client={"planner": "nobody"})


@pytest.mark.parametrize("name", ["evil", "scripted"])
def test_a_planner_for_tests_is_used_when_named_and_warned_of(
    ask: Ask, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    with Api([Said(200)]) as api, caplog.at_level("WARNING", "battle_healer"):
        ask("GET", f"{api.url}/things", client={"planner": name})
    assert [record.getMessage() for record in caplog.records if name in record.getMessage()]


def test_every_step_is_told_while_it_happens(ask: Ask) -> None:
    heard: list[Note] = []
    with Api([Said(503), Said(200)]) as api:
        ask("GET", f"{api.url}/things", client={"on_event": heard.append})
    assert [note.name for note in heard] == ["EPISODE_BEGUN", "STEP", "EPISODE"]
    begun, step, end = heard
    assert begun.data["status"] == 503
    assert step.data["step"].action == "retry"
    assert end.data["outcome"].kind is OutcomeKind.DELIVERED
    assert end.data["outcome"].episode == begun.data["episode"]


def test_a_token_that_cannot_be_had_is_an_honest_failure(ask: Ask) -> None:
    rule = CredentialRule("main", TokenCall("/tokens", {}))

    def no_tokens(seen: Any) -> Said:
        return Said(500, {})

    with Api(no_tokens) as api:
        policy = Rules((Destination("pay", (Region("us", api.url),), (rule,)),))
        with pytest.raises(httpx2.ConnectError, match="not sent") as caught:
            ask("GET", "pay:/things", client={"policy": policy})
        assert api.at("/things") == []
    outcome = outcome_of(caught.value)
    assert (outcome.kind, outcome.effect, outcome.requests) == (OutcomeKind.FAILED, "none", 0)
