"""Cancelled at each of its awaits in turn, a call leaves nothing behind and loses no effect.

Every course is played against the mock server over a real socket, in its time, again and again:
cut at the first await, at the second, and so on until it comes to its end undisturbed. The client
has one connection and one place a region, so whatever stays taken blocks the call that follows.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
import pytest
from tests.mock_server.driving import CHARGE, Json, Mock, eventually
from tests.support.cancelling import Cut, Halting, Moment
from tests.support.healing import living_in, shared_time

from battle_healer import AsyncHealingClient, CallQueued, Outcome, Policy, outcome_of
from battle_healer.commands import Note, Ranking, Refresh
from battle_healer.credentials import Credentials, Decision, Follow
from battle_healer.model import Plan
from battle_healer.rules import Bounds, Degrade, Endpoint, GateBounds, Rules
from battle_healer.stores import InMemoryStore
from battle_healer_cli.running.control import trusted
from battle_healer_mock.server import MockServer, Options
from battle_healer_scenarios import mock_policy_text

KEY = "key-1"
MOST_AWAITS = 400
QUESTIONS = 32  # that may be under way at a time
HANGS_S = 20  # real seconds; nothing here takes one of them


class FirstOfAll:
    """A planner beside the heuristics, which therefore has to be asked."""

    name = "first-of-all"

    def rank(self, menu: tuple[Plan, ...], facts: Mapping[str, Any], budget_s: float) -> Ranking:
        return Ranking({menu[0].id: 1.0}, self.name)


ONE_AT_A_TIME = GateBounds(concurrency=1)
ONE_FAILURE_OPENS = replace(ONE_AT_A_TIME, breaker_attempts=1)


@dataclass(frozen=True)
class Course:
    """What a call meets, and what it comes to if nobody cancels it.

    before: seconds since a write of another call failed there.
    """

    id: str
    faults: str
    actions: tuple[str, ...]
    kind: str = "delivered"
    method: str = "POST"
    planner: FirstOfAll | None = None
    before: float | None = None
    bounds: Bounds = field(default_factory=Bounds)
    gates: GateBounds = ONE_AT_A_TIME
    endpoint: Callable[[Endpoint], Endpoint] = lambda endpoint: endpoint

    @property
    def minted(self) -> int:
        """How many tokens it needs, one a credential."""
        return 1 + self.actions.count("rotate_credential")


COURSES = [
    Course("clean", "", ()),
    Course("retry", "retryable_500*2", ("retry", "retry")),
    Course("lost-after-effect", "reset_after_effect*1", ("retry",)),
    Course("told-to-wait", "rate_limit*1", ("retry",)),
    Course("unread", "rate_limit*1", ("retry",), bounds=Bounds(body_bytes=64)),
    Course("refresh", "expired_token*1", ("refresh_credential",)),
    Course("rotate", "quota*1", ("rotate_credential",)),
    Course("fail-over", "region_down*9@us", ("fail_over",)),
    Course("repair", "repair*1", ("repair_request", "repair_request")),
    Course("park", "retryable_500*9", ("fail_over", "queue"), "queued", bounds=Bounds(resends=0)),
    Course("planner", "retryable_500*1", ("fail_over",), planner=FirstOfAll()),
    Course(
        "substitute",
        "retryable_500*9",
        ("fail_over", "degrade"),
        "degraded",
        "GET",
        bounds=Bounds(resends=0),
        endpoint=lambda it: replace(it, degrade=Degrade(("post",), post="/mock-response")),
    ),
    Course("probe", "", (), before=6.0, gates=ONE_FAILURE_OPENS),
    Course("elsewhere", "", (), before=0.0, gates=ONE_FAILURE_OPENS),
]
RENEWED_BY_TWO = Course("two", "expired_token*1", (), method="GET", gates=GateBounds(concurrency=2))


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    with MockServer(Options(port=0, clock="manual")) as server, Mock(server.url) as driven:
        driven.post("/control/clock", json={"jump": True})
        yield driven


class Scene:
    """One client, its store and its server, for one play of a course."""

    def __init__(self, course: Course, mock: Mock, callers: int = 1) -> None:
        self.course, self.mock = course, mock
        mock.post("/reset")
        self.time = shared_time(mock)
        self.store = InMemoryStore()
        room = httpx2.Limits(max_connections=callers)
        self.wire = Halting(httpx2.AsyncHTTPTransport(verify=trusted(), limits=room))
        self.told = list[Note]()
        self.client = AsyncHealingClient(
            policy=rules_of(course, mock.url),
            queue=self.store,
            planner=course.planner,
            on_event=self.told.append,
            surroundings=living_in(self.time, random.Random(1)),  # noqa: S311 -- repeatable
            transport=self.wire,
            timeout=httpx2.Timeout(5, pool=1),
        )

    async def ask(self, faults: str = "", call: str = "first") -> Outcome:
        """One call of the course's kind; a write always has the same key."""
        headers = {"X-Correlation-ID": call} | ({"X-Simulate-Failure": faults} if faults else {})
        write: Json = {"json": CHARGE} if self.course.method == "POST" else {}
        headers |= {"Idempotency-Key": KEY} if write else {}
        url = f"{self.mock.url}/external-api"
        try:
            self.reply = await self.client.request(
                self.course.method, url, headers=headers, **write
            )
        except (CallQueued, httpx2.TransportError) as error:
            return outcome_of(error)
        return outcome_of(self.reply)

    async def prepare(self) -> None:
        """Whatever was there before the call that is cut."""
        if self.course.before is not None:
            named = {"X-Simulate-Failure": "ambiguous_500*1", "X-Correlation-ID": "before"}
            await self.client.post(f"{self.mock.url}/external-api", json=CHARGE, headers=named)
            (home, *_) = self.client.healing.gates._spots.values()
            assert "open, until" in repr(home.breaker)
            await self.time.wait_async(self.course.before)
        self.wire.read_whole.clear()

    def effects(self) -> list[Json]:
        return [effect for effect in self.mock.effects() if effect["key"] == KEY]

    def assert_nothing_is_taken(self) -> None:
        """By what the parts say of themselves, since the caller that would know is gone."""
        engine = self.client.healing
        assert asyncio.all_tasks() == {asyncio.current_task()}
        for gates in engine.gates._spots.values():
            assert gates.concurrency.in_flight == 0, gates.concurrency
            assert "probe" not in repr(gates.breaker), gates.breaker
        assert engine.credentials._flights == {}
        assert self.time._waiters == []
        for part in (engine.gates, engine.credentials, engine.fallbacks, engine.journal):
            lock: Any = part._lock
            assert not lock.locked(), part
        assert "Requests: 0 active, 0 queued" in repr(self.wire.inner._pool)
        assert "Connections: 0 active" in repr(self.wire.inner._pool)


def rules_of(course: Course, url: str) -> Rules:
    rules = Policy.parse(mock_policy_text(), base=url).rules
    (where,) = rules.destinations
    endpoints = tuple(course.endpoint(it) for it in where.endpoints)
    return replace(
        rules,
        destinations=(replace(where, endpoints=endpoints),),
        bounds=course.bounds,
        gates=course.gates,
    )


async def play(course: Course, mock: Mock, at: int, moment: Moment) -> bool:
    """Play a course, cut at that await; returns whether it came to that."""
    scene = Scene(course, mock)
    async with scene.client, asyncio.timeout(HANGS_S):
        await scene.prepare()
        cut = Cut(scene.ask(course.faults), at, moment)
        outcome = await until_cut(cut)
        scene.assert_nothing_is_taken()
        ended = [note.data["outcome"].queued for note in scene.told if note.name == "EPISODE"]
        assert [parked.id for parked in ended if parked] == list(scene.store.entries)
        before = scene.effects()
        assert len(before) <= 1
        if outcome is not None:
            taken = tuple(step.action for step in outcome.steps)
            assert (outcome.kind, taken) == (course.kind, course.actions)
            exchanges = len(scene.wire.read_whole)
            assert moment == "ends" or cut.awaits > 3 * exchanges, "it gave way too rarely"
            return False
        renewed = "/refresh-token" in scene.wire.read_whole
        again = await scene.ask(call="again")
        assert again.kind == "delivered", again
        assert scene.wire.read_whole.count("/generate-api-key") <= course.minted, "a token was lost"
        tokens = [token for _, token in scene.wire.signed if token]
        assert not renewed or tokens[-1] != tokens[0], "a token was lost"
        if course.method == "POST":
            (effect,) = scene.effects()
            assert before in ([], [effect])
            assert scene.reply.json()["chargeId"][4:] == effect["id"][4:]
        eventually(lambda: scene.client.healing._questions._value == QUESTIONS)
    return True


async def until_cut(cut: Cut) -> Outcome | None:
    """The outcome of a call; None where it was cancelled, as it must be if it was cut."""

    async def awaited() -> Outcome:
        outcome: Outcome = await cut
        return outcome

    try:
        outcome = await asyncio.create_task(awaited())
    except asyncio.CancelledError:
        assert cut.was_cut
        return None
    assert not cut.was_cut, "the cancellation was swallowed"
    return outcome


def at_each_await(play_once: Callable[[int], Coroutine[Any, Any, bool]]) -> None:
    """Play again and again, cut one await later each time, until it is not cut any more."""
    for at in range(1, MOST_AWAITS):
        if not asyncio.run(play_once(at)):
            return
    raise AssertionError("it never came to its end")


@pytest.mark.parametrize("moment", ["begins", "ends"])
@pytest.mark.parametrize("course", COURSES, ids=lambda course: course.id)
def test_a_call_that_is_cancelled_at_any_await_leaves_nothing_behind(
    mock: Mock, course: Course, moment: Moment
) -> None:
    at_each_await(lambda at: play(course, mock, at, moment))


@pytest.mark.parametrize("moment", ["begins", "ends"])
@pytest.mark.parametrize("cancelled", ["leader", "follower"])
def test_whoever_shares_a_renewal_with_a_cancelled_call_goes_on(
    mock: Mock, cancelled: str, moment: Moment
) -> None:
    """Both find their token expired; one makes the exchange, and the other waits for it."""

    async def play_both(at: int) -> bool:
        scene = Scene(RENEWED_BY_TWO, mock, callers=2)
        async with scene.client, asyncio.timeout(HANGS_S):
            await scene.ask(call="before")
            is_shared = scene.wire.held["/refresh-token"] = asyncio.Event()
            followed = tell_when_followed(scene.client.healing.credentials, is_shared)
            cut = Cut(scene.ask(RENEWED_BY_TWO.faults, "cut"), at, moment)

            async def mine() -> Outcome | None:
                outcome = await until_cut(cut)
                is_shared.set()  # whoever is gone follows nobody
                return outcome

            both = [mine(), scene.ask(RENEWED_BY_TWO.faults, "other")]
            # Whoever begins first is the one who leads.
            ended = await asyncio.gather(*(both if cancelled == "leader" else both[::-1]))
            outcome, others = ended if cancelled == "leader" else ended[::-1]
            assert others is not None
            assert others.kind == "delivered"
            scene.assert_nothing_is_taken()
            assert outcome is None or len(followed) == 1
            return outcome is None

    at_each_await(play_both)


def tell_when_followed(credentials: Credentials, event: asyncio.Event) -> list[Follow]:
    """Set the event when a call joins the renewal of another; the list tells how often."""
    follows, refresh = list[Follow](), credentials.refresh

    def refreshing(command: Refresh) -> Decision:
        decision = refresh(command)
        if isinstance(decision, Follow):
            follows.append(decision)
            event.set()
        return decision

    credentials.refresh = refreshing  # type: ignore[method-assign] # a spy
    return follows
