"""Cancellation and closing: the caller gets out at once, and nothing stays taken."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.support.serving import Api, Said, Seen

from battle_healer import (
    AsyncHealingClient,
    AsyncHealingTransport,
    CallQueued,
    HealingClient,
    HealingTransport,
)
from battle_healer.clients.engine import Engine
from battle_healer.commands import Note
from battle_healer.errors import ClosedError
from battle_healer.gates.admission import Spot
from battle_healer.model import Attempt, Diagnosis, Entry, Kind, Parked
from battle_healer.rules import Bounds, Destination, Endpoint, Region, Rules
from battle_healer.stores import InMemoryStore


class Settled:
    """Counts who went in and who was settled, with what the answer meant."""

    def __init__(self, engine: Engine) -> None:
        self.admitted = 0
        self.settled: list[Kind | None] = []
        gates = engine.gates
        admit, settle, saw_clean = gates.admit, gates.settle, gates.saw_clean

        def admitting(call: Any) -> Any:
            self.admitted += 1
            return admit(call)

        def settling(attempt: Attempt, found: Diagnosis | None, **how: Any) -> None:
            self.settled.append(found.kind if found else None)
            settle(attempt, found, **how)

        def seeing(spot: Spot) -> None:
            self.settled.append(Kind.OK)
            saw_clean(spot)

        gates.admit = admitting  # type: ignore[method-assign] # a spy
        gates.settle = settling  # type: ignore[method-assign] # a spy
        gates.saw_clean = seeing  # type: ignore[method-assign] # a spy


def holding(api_arrived: threading.Event, release: threading.Event) -> Callable[[Seen], Said]:
    def hold(seen: Seen) -> Said:
        api_arrived.set()
        release.wait(10)
        return Said()

    return hold


def test_cancelling_the_first_attempt_settles_its_gate() -> None:
    arrived, release = threading.Event(), threading.Event()

    async def run(url: str) -> list[Kind | None]:
        transport = AsyncHealingTransport()
        spy = Settled(transport.engine)
        async with httpx2.AsyncClient(transport=transport) as client:
            task = asyncio.create_task(client.get(url))
            await asyncio.to_thread(arrived.wait, 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            release.set()
            assert (await client.get(url)).status_code == 200
        return spy.settled

    with Api(holding(arrived, release)) as api:
        assert asyncio.run(run(api.url)) == [None, Kind.OK]


def test_a_time_out_around_a_waiting_call_ends_it_at_once() -> None:
    """The wait is an hour; a retry that swallows the cancellation would sit it out."""

    async def run(url: str) -> None:
        async with AsyncHealingClient(trust_env=False) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await client.get(url, extensions={"healer": {"deadline_s": 7200}})

    with Api(lambda seen: Said(429, {}, {"Retry-After": "3600"})) as api:
        asyncio.run(run(api.url))
        assert len(api.seen) == 1


def test_closing_wakes_a_thread_that_waits_and_sends_nothing_more() -> None:
    ended = threading.Event()
    waiting = threading.Event()

    with Api(lambda seen: Said(429, {}, {"Retry-After": "3600"})) as api:
        client = HealingClient(trust_env=False, on_event=lambda note: waiting.set())

        def call() -> None:
            with pytest.raises(ClosedError, match="closed while this call waited"):
                client.get(api.url, extensions={"healer": {"deadline_s": 7200}})
            ended.set()

        thread = threading.Thread(target=call)
        thread.start()
        assert waiting.wait(10)
        client.close()
        assert ended.wait(10)
        thread.join()
        assert len(api.seen) == 1


def test_closing_wakes_a_task_that_waits() -> None:
    async def run(url: str) -> None:
        waiting = asyncio.Event()
        client = AsyncHealingClient(trust_env=False, on_event=lambda note: waiting.set())
        task = asyncio.create_task(client.get(url, extensions={"healer": {"deadline_s": 7200}}))
        await waiting.wait()
        await client.aclose()
        with pytest.raises(ClosedError):
            await task

    with Api(lambda seen: Said(429, {}, {"Retry-After": "3600"})) as api:
        asyncio.run(run(api.url))


def test_an_interrupt_goes_to_the_caller_and_settles_the_gate() -> None:
    class Interrupted(httpx2.BaseTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            raise KeyboardInterrupt

    transport = HealingTransport(Interrupted())
    spy = Settled(transport.engine)
    with httpx2.Client(transport=transport) as client, pytest.raises(KeyboardInterrupt):
        client.get("http://api.example/")
    assert (spy.admitted, spy.settled) == (1, [None])


def test_each_attempt_is_settled_with_what_came_of_it(around: Callable[..., Any]) -> None:
    transport = HealingTransport(surroundings=around())
    spy = Settled(transport.engine)
    with Api([Said(503), Said(200)]) as api, httpx2.Client(transport=transport) as client:
        client.get(api.url)
    assert spy.settled == [Kind.UNAVAILABLE, Kind.OK]


def test_a_reply_that_is_replaced_is_closed(around: Callable[..., Any]) -> None:
    """A long failure holds its connection until then; a pool of one shows it."""
    long = Said(503, b"x" * 3_000_000, {"Content-Type": "text/plain"})
    with (
        Api([long, Said(200)]) as api,
        HealingClient(
            limits=httpx2.Limits(max_connections=1),
            timeout=httpx2.Timeout(5, pool=1),
            trust_env=False,
            surroundings=around(),
        ) as client,
    ):
        assert client.get(api.url).status_code == 200


def test_a_parked_call_gives_its_connection_back() -> None:
    """The long failure in front of it is nobody's answer; a pool of one shows it."""
    long = Said(503, b"x" * 3_000_000, {"Content-Type": "text/plain"})
    charge = Endpoint("charge", "POST /charges", queue="payments")
    with Api([long, Said(200)]) as api:
        where = Destination("pay", (Region("us", api.url),), (), (charge,), says_processed=True)
        long.headers["X-Processed"] = "no"
        with HealingClient(
            policy=Rules((where,), Bounds(resends=0)),
            queue=InMemoryStore(),
            limits=httpx2.Limits(max_connections=1),
            timeout=httpx2.Timeout(5, pool=0.5),
            trust_env=False,
        ) as client:
            with pytest.raises(CallQueued):
                client.post("pay:/charges", json={})
            assert client.get("pay:/things").status_code == 200


class SlowStore:
    """Takes a call only when it is told to. stored: whether it does, or fails."""

    def __init__(self, stored: bool) -> None:
        self.asked, self.go = threading.Event(), threading.Event()
        self.inside, self._stored = InMemoryStore(), stored

    def park(self, entry: Entry) -> Parked:
        self.asked.set()
        self.go.wait(10)
        if not self._stored:
            raise OSError("the disk is full")
        return self.inside.park(entry)


@pytest.mark.parametrize("stored", [True, False])
def test_a_cancellation_while_a_store_has_the_call_tells_what_became_of_it(stored: bool) -> None:
    """Nothing calls the store back, so somebody must learn the entry's id (I8)."""
    charge = Endpoint("charge", "POST /charges", queue="payments")
    store, told = SlowStore(stored), list[Note]()

    async def run(url: str) -> None:
        where = Destination("pay", (Region("us", url),), (), (charge,), says_processed=True)
        async with AsyncHealingClient(
            policy=Rules((where,), Bounds(resends=0)),
            queue=store,
            on_event=told.append,
            trust_env=False,
        ) as client:
            task = asyncio.create_task(client.post("pay:/charges", json={}))
            await asyncio.to_thread(store.asked.wait, 10)
            for _ in range(2):  # the impatient cancel twice
                task.cancel()
                await asyncio.sleep(0)
            assert not task.done()
            store.go.set()
            with pytest.raises(asyncio.CancelledError):
                await task

    with Api([Said(503, {}, {"X-Processed": "no"})]) as api:
        asyncio.run(run(api.url))
        assert len(api.seen) == 1
    outcomes = [note.data["outcome"] for note in told if note.name == "EPISODE"]
    assert [outcome.queued.id for outcome in outcomes] == list(store.inside.entries)
    assert len(outcomes) == stored
