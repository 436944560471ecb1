"""What calls of one client spare a server, judged by what arrived there; nobody sleeps."""

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from tests.agent.clients.conftest import surroundings
from tests.support.serving import Api, Said, Seen

from battle_healer import AsyncHealingClient, outcome_of
from battle_healer.drivers.virtual import VirtualTime
from battle_healer.rules import (
    Bounds,
    CredentialRule,
    Destination,
    GateBounds,
    Region,
    Rules,
    TokenCall,
)
from battle_healer.secret import Secret

LIMITS = httpx2.Limits(max_connections=20)
DOWN_TEXT = '{"title": "down"}'
DOWN = Said(503, DOWN_TEXT)


def rules_for(*urls: str, bounds: Bounds | None = None, **gates: Any) -> Rules:
    names = ("us", "eu", "ap")
    regions = tuple(Region(n, u, i) for i, (n, u) in enumerate(zip(names, urls, strict=False)))
    return Rules((Destination("pay", regions),), bounds or Bounds(), GateBounds(**gates))


class Crowd:
    """Callers of one client who start together, in one virtual time."""

    def __init__(self, client: AsyncHealingClient, time: VirtualTime) -> None:
        self.client, self.time = client, time

    async def asks(self, url: str, callers: int, **how: Any) -> list[Any]:
        """What each of them got: a reply, or an error of the library."""
        self.time._callers = callers

        async def one() -> httpx2.Response | httpx2.HTTPError:
            with self.time.caller():
                try:
                    return await self.client.get(url, **how)
                except httpx2.HTTPError as error:
                    return error

        return await asyncio.gather(*(one() for _ in range(callers)))

    def later(self, seconds: float) -> None:
        """Let time pass while nobody calls."""
        self.time._now_s += seconds


def play(
    rules: Rules, scene: Callable[[Crowd], Awaitable[None]], time: VirtualTime | None = None
) -> None:
    async def run() -> None:
        clock = time or VirtualTime()
        async with AsyncHealingClient(
            policy=rules,
            surroundings=surroundings(clock),
            limits=LIMITS,
            trust_env=False,
            timeout=30,
        ) as client:
            await scene(Crowd(client, clock))

    asyncio.run(run())


def test_a_burst_on_a_dead_region_is_one_request_a_call_and_then_only_probes() -> None:
    async def scene(crowd: Crowd) -> None:
        first = await crowd.asks(f"{api.url}/x", 200)
        assert {reply.status_code for reply in first} == {503}
        burst = len(api.seen)
        assert burst <= 1.1 * 200
        began = crowd.time.now()
        await crowd.asks(f"{api.url}/x", 200)
        probes = len(api.seen) - burst
        assert 0 < probes <= 1 + (crowd.time.now() - began) / 5.0

    with Api(lambda seen: DOWN) as api:
        play(rules_for(api.url), scene)


@pytest.mark.parametrize("status", [500, 503])
def test_a_burst_moves_to_the_region_that_is_well_and_spares_the_dead_one(status: int) -> None:
    async def scene(crowd: Crowd) -> None:
        replies = await crowd.asks(f"{dead.url}/x", 200)
        assert {reply.status_code for reply in replies} == {200}
        assert len(dead.seen) <= 1.1 * 200
        assert crowd.time.now() < 0.1, "nobody waits for the dead one"
        before = len(dead.seen)
        replies = await crowd.asks(f"{dead.url}/x", 100)
        assert {outcome_of(reply).requests for reply in replies} == {1}
        assert len(dead.seen) == before
        crowd.later(5.0)
        replies = await crowd.asks(f"{dead.url}/x", 100)
        assert {reply.status_code for reply in replies} == {200}
        assert len(dead.seen) == before + 1, "one probe"

    with Api(lambda seen: Said(status, {})) as dead, Api(lambda seen: Said()) as well:
        play(rules_for(dead.url, well.url), scene)


def test_calls_return_home_after_the_probe() -> None:
    is_down = [True]

    async def scene(crowd: Crowd) -> None:
        await crowd.asks(f"{home.url}/x", 30)
        is_down[0] = False
        crowd.later(5.0)
        await crowd.asks(f"{home.url}/x", 1)
        away = len(other.seen)
        replies = await crowd.asks(f"{home.url}/x", 30)
        assert {outcome_of(reply).region for reply in replies} == {"us"}
        assert len(other.seen) == away

    with Api(lambda s: DOWN if is_down[0] else Said()) as home, Api(lambda s: Said()) as other:
        play(rules_for(home.url, other.url), scene)


def test_twenty_callers_at_a_half_open_breaker_send_one_probe() -> None:
    phase = ["down"]
    arrived, answer, served = threading.Event(), threading.Event(), threading.Event()

    def at_home(seen: Seen) -> Said:
        if phase[0] == "down":
            return DOWN
        arrived.set()
        answer.wait(10)
        return Said()

    def elsewhere(seen: Seen) -> Said:
        if len(other.seen) == 30 + 19:
            served.set()
        return Said()

    async def scene(crowd: Crowd) -> None:
        await crowd.asks(f"{home.url}/x", 30)
        before = len(home.seen)
        phase[0] = "held"
        crowd.later(5.0)
        asking = asyncio.create_task(crowd.asks(f"{home.url}/x", 20))
        await asyncio.to_thread(arrived.wait, 10)
        # Everybody else is served elsewhere while the probe hangs.
        assert await asyncio.to_thread(served.wait, 10)
        assert len(home.seen) == before + 1
        answer.set()
        replies = await asking
        assert Counter(outcome_of(reply).region for reply in replies) == {"us": 1, "eu": 19}

    with Api(at_home) as home, Api(elsewhere) as other:
        play(rules_for(home.url, other.url), scene)


def test_a_probe_that_is_cancelled_leaves_its_turn_to_the_next() -> None:
    phase = ["down"]
    arrived, release = threading.Event(), threading.Event()

    def answers(seen: Seen) -> Said:
        if phase[0] == "held":
            arrived.set()
            release.wait(10)
        return DOWN if phase[0] == "down" else Said()

    async def scene(crowd: Crowd) -> None:
        await crowd.asks(f"{home.url}/x", 30)
        crowd.later(5.0)
        phase[0] = "held"
        probe = asyncio.create_task(crowd.asks(f"{home.url}/x", 1))
        await asyncio.to_thread(arrived.wait, 10)
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
        phase[0] = "well"
        release.set()
        (reply,) = await crowd.asks(f"{home.url}/x", 1)
        assert (outcome_of(reply).region, outcome_of(reply).requests) == ("us", 1)

    with Api(answers) as home, Api(lambda s: Said()) as other:
        play(rules_for(home.url, other.url), scene)


def test_a_caller_who_comes_during_a_throttle_waits_for_its_end_and_tells_no_step() -> None:
    time, times = VirtualTime(), list[float]()

    def answers(seen: Seen) -> Said:
        times.append(time.now())
        return Said(429, {}, {"Retry-After": "7"}) if len(times) == 1 else Said()

    async def scene(crowd: Crowd) -> None:
        # The first has no time to wait; what it was told binds the next all the same.
        (reply,) = await crowd.asks(f"{api.url}/x", 1, extensions={"healer": {"deadline_s": 2}})
        assert reply.status_code == 429
        replies = await crowd.asks(f"{api.url}/x", 5)
        assert {reply.status_code for reply in replies} == {200}
        assert {(outcome_of(r).requests, outcome_of(r).steps) for r in replies} == {(1, ())}

    with Api(answers) as api:
        play(rules_for(api.url), scene, time)
    assert times[0] == 0.0
    assert min(times[1:]) >= 7.0
    assert len(set(times[1:])) == 5, "they do not return in step"


def test_who_has_no_time_for_a_gate_is_told_the_truth_and_nothing_is_sent() -> None:
    async def scene(crowd: Crowd) -> None:
        short = {"healer": {"deadline_s": 2}}
        await crowd.asks(f"{api.url}/x", 1, extensions=short)
        (error,) = await crowd.asks(f"{api.url}/x", 1, extensions=short)
        assert isinstance(error, httpx2.ConnectError)
        assert str(error).startswith("not sent: rate limited (pacer)")
        assert (outcome_of(error).requests, outcome_of(error).effect) == (0, "none")

    with Api(lambda seen: Said(429, {}, {"Retry-After": "7"})) as api:
        play(rules_for(api.url), scene)
        assert len(api.seen) == 1


def test_a_resend_that_the_breaker_refuses_gives_the_answer_that_came() -> None:
    async def scene(crowd: Crowd) -> None:
        replies = await crowd.asks(f"{api.url}/x", 40, extensions={"healer": {"deadline_s": 2}})
        assert {(reply.status_code, reply.text) for reply in replies} == {(503, DOWN_TEXT)}
        reasons = [outcome_of(reply).reason for reply in replies]
        assert any(why.startswith("unavailable (status 503); refused (breaker)") for why in reasons)

    with Api(lambda seen: DOWN) as api:
        play(rules_for(api.url), scene)


def test_resends_leave_at_the_rate_of_the_budget() -> None:
    """Sixty calls fail once each: 35 are resent from the budget, the rest ten a second."""
    time, first, again = VirtualTime(), set[str](), list[float]()

    def answers(seen: Seen) -> Said:
        name = seen.headers["x-correlation-id"]
        if name in first:
            again.append(time.now())
            return Said(404)  # earns nothing
        first.add(name)
        return Said(500, {})

    async def scene(crowd: Crowd) -> None:
        replies = await crowd.asks(f"{api.url}/x", 60)
        assert {reply.status_code for reply in replies} == {404}
        assert {outcome_of(reply).requests for reply in replies} == {2}

    with Api(answers) as api:
        play(rules_for(api.url, breaker_attempts=1000), scene, time)
    again.sort()
    for number, sent in enumerate(again[35:], 1):
        # The first is due once the 10 tokens left over are 14; each waits for a tenth more.
        assert sent >= 0.1 * number - 10 / 140 - 1e-6
    assert again[-1] < 0.1 * 25 + 0.2


def test_a_full_region_is_waited_for() -> None:
    class Busy(httpx2.AsyncBaseTransport):
        now, most = 0, 0

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0)  # lets every other task come here too
            self.now -= 1
            return httpx2.Response(200, json={})

    async def run(busy: Busy) -> None:
        time = VirtualTime(20)
        rules = rules_for("https://a.example", concurrency=3)
        async with AsyncHealingClient(
            transport=busy, policy=rules, surroundings=surroundings(time)
        ) as client:
            replies = await Crowd(client, time).asks("https://a.example/x", 20)
        assert {outcome_of(reply).requests for reply in replies} == {1}

    busy = Busy()
    asyncio.run(run(busy))
    assert busy.most == 3


def test_a_region_that_was_given_up_is_found_out_once() -> None:
    async def scene(crowd: Crowd) -> None:
        await crowd.asks(f"{old.url}/x", 1)
        replies = await crowd.asks(f"{old.url}/x", 10)
        assert {outcome_of(reply).requests for reply in replies} == {1}
        assert len(old.seen) == 1

    with Api(lambda seen: Said(410, {})) as old, Api(lambda seen: Said()) as new:
        play(rules_for(old.url, new.url), scene)


def test_a_call_that_begins_while_one_credential_is_spent_is_signed_by_the_next() -> None:
    """Also where its token has to be fetched first."""
    main = CredentialRule("main", Secret("t-main"))
    spare = CredentialRule("spare", TokenCall("/token"), "backup")

    def answers(seen: Seen) -> Said:
        if seen.path == "/token":
            return Said(200, {"token": "t-spare"})
        if seen.token == "t-main":
            spent = {"Retry-After": "86400", "X-RateLimit-Remaining": "0"}
            return Said(402, {"error": "payment required"}, spent)
        return Said()

    async def scene(crowd: Crowd) -> None:
        await crowd.asks(f"{api.url}/x", 1)
        (reply,) = await crowd.asks(f"{api.url}/x", 1)
        assert (outcome_of(reply).requests, outcome_of(reply).steps) == (1, ())

    with Api(answers) as api:
        where = Destination("pay", (Region("us", api.url),), (main, spare))
        play(Rules((where,), Bounds(rotations=0)), scene)
        assert [seen.token for seen in api.at("/x")][-1] == "t-spare"
