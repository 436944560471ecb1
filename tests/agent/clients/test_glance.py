"""The second call of an origin goes out as it is, and loses nothing by that."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.support.serving import Api, Said, Seen

from battle_healer import AsyncHealingTransport, HealingTransport, outcome_of
from battle_healer.clients.engine import Engine
from battle_healer.clients.replaying import REPLAY, Replay
from battle_healer.clients.surroundings import Surroundings
from battle_healer.gates.admission import Spot
from battle_healer.ids import correlation
from battle_healer.rules import Destination, Region, Rules


class Glances:
    """Keeps what each glance gave."""

    def __init__(self, engine: Engine) -> None:
        self.journal, self.gave = engine.journal, list[Spot | None]()
        glance = engine.gates.glance

        def glancing(origin: str) -> Spot | None:
            self.gave.append(glance(origin))
            return self.gave[-1]

        engine.gates.glance = glancing  # type: ignore[method-assign] # a spy

    @property
    def passed(self) -> list[bool]:
        return [spot is not None for spot in self.gave]

    @property
    def in_flight(self) -> set[int]:
        return {spot.concurrency.in_flight for spot in self.gave if spot is not None}


class Both:
    """Calls one after the other through one transport, and what the glances gave."""

    def __init__(self, kind: str, around: Surroundings) -> None:
        self._kind, self._around = kind, around

    def ask(
        self, *asked: tuple[str, str], policy: Rules | None = None, **how: Any
    ) -> tuple[list[httpx2.Response], Glances]:
        options: dict[str, Any] = {"policy": policy, "surroundings": self._around}
        if self._kind == "sync":
            blocking = HealingTransport(**options)
            spy = Glances(blocking.engine)
            with httpx2.Client(transport=blocking, **how) as client:
                return [client.request(*each) for each in asked], spy
        awaited = AsyncHealingTransport(**options)
        spy = Glances(awaited.engine)

        async def run() -> list[httpx2.Response]:
            async with httpx2.AsyncClient(transport=awaited, **how) as client:
                return [await client.request(*each) for each in asked]

        return asyncio.run(run()), spy


@pytest.fixture(params=["sync", "async"])
def both(request: pytest.FixtureRequest, around: Callable[..., Surroundings]) -> Both:
    return Both(request.param, around())


def test_an_origin_that_was_met_is_not_looked_at_again(both: Both) -> None:
    with Api(lambda seen: Said(200, {"path": seen.path})) as api:
        paths = [("GET", f"{api.url}/{n}") for n in range(3)]
        replies, spy = both.ask(*paths)
        assert [seen.path for seen in api.seen] == ["/0", "/1", "/2"]
    assert spy.passed == [False, True, True]
    assert [reply.json() for reply in replies] == [{"path": f"/{n}"} for n in range(3)]
    assert spy.in_flight == {0}
    assert spy.journal.counts["clean"] == 3


def test_the_outcome_is_the_same_however_often_one_asks(both: Both) -> None:
    with Api(lambda seen: Said()) as api, correlation("corr-of-mine"):
        replies, spy = both.ask(("GET", api.url), ("POST", f"{api.url}/charges"))
    first, second = (outcome_of(reply) for reply in replies)
    assert spy.passed == [False, True]
    assert (second.kind, second.effect, second.status) == ("delivered", "once", 200)
    assert second.correlation_id == "corr-of-mine"
    assert second is outcome_of(replies[1])
    assert second.call_id != first.call_id


def test_what_fails_at_a_glance_is_healed(both: Both) -> None:
    down = Said(503, {"error": "down"})
    with Api([Said(), down, Said(200, {"n": 2}), None, Said(200, {"n": 3})]) as api:
        replies, spy = both.ask(*[("GET", api.url)] * 3)
        assert len(api.seen) == 5
    assert [reply.status_code for reply in replies] == [200, 200, 200]
    assert spy.passed[:2] == [False, True]
    assert [step.action for step in outcome_of(replies[1]).steps] == ["retry"]
    assert [step.action for step in outcome_of(replies[2]).steps] == ["retry"]
    assert spy.in_flight == {0}


def test_an_error_under_success_is_no_success_at_a_glance(both: Both) -> None:
    soft = Said(200, {"success": False, "error": {"code": "unavailable", "message": "no"}})
    with Api([Said(), soft, Said(200, {"n": 2})]) as api:
        replies, spy = both.ask(*[("GET", api.url)] * 2)
    assert spy.passed == [False, True]
    assert replies[1].json() == {"n": 2}


def test_an_origin_in_trouble_is_not_glanced_at(both: Both) -> None:
    throttled = Said(429, {"error": "slow down"}, {"Retry-After": "1"})
    with Api([Said(), throttled, Said(), Said()]) as api:
        _, spy = both.ask(*[("GET", api.url)] * 2)
    assert spy.passed == [False, True]
    with Api(lambda seen: Said()) as api:
        known = Destination("api", (Region("home", api.url),), declared=True)
        _, spy = both.ask(*[("GET", api.url)] * 3, policy=Rules(destinations=(known,)))
    assert spy.passed == [False, False, False]


def test_a_call_with_wishes_of_its_own_is_read(both: Both) -> None:
    with Api(lambda seen: Said()) as api:
        _, spy = both.ask(*[("GET", api.url)] * 2, timeout=1_000.0)
        assert spy.gave == [], "its time-outs must be cut to the deadline"


def test_cancelling_at_a_glance_gives_the_place_back() -> None:
    arrived, release = threading.Event(), threading.Event()

    def answer(seen: Seen) -> Said:
        if seen.path == "/slow":
            arrived.set()
            release.wait(10)
        return Said()

    async def run(url: str) -> Glances:
        transport = AsyncHealingTransport()
        spy = Glances(transport.engine)
        async with httpx2.AsyncClient(transport=transport) as client:
            await client.get(url)
            task = asyncio.create_task(client.get(f"{url}/slow"))
            await asyncio.to_thread(arrived.wait, 10)
            assert spy.in_flight == {1}
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            release.set()
        return spy

    with Api(answer) as api:
        spy = asyncio.run(run(api.url))
    assert spy.passed == [False, True]
    assert spy.in_flight == {0}


def test_a_replay_at_an_origin_that_was_met_is_told_before_it_is_sent() -> None:
    told: list[str] = []
    with Api(lambda seen: Said()) as api, httpx2.Client(transport=HealingTransport()) as client:
        replay = Replay("call-7", "corr-7", "acme", lambda attempt: told.append(attempt.call.id))
        for extensions in ({}, {}, {REPLAY: replay}):
            client.post(api.url, extensions=extensions)
    assert told == ["call-7"]
