"""Runs the loop in an asyncio task: the same commands, awaited."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from typing import Protocol, TypeVar, assert_never

from battle_healer.commands import (
    Abstain,
    Acquire,
    Answer,
    Ask,
    Command,
    Denied,
    Note,
    Park,
    Ranking,
    Refresh,
    Send,
    Substitute,
    Wait,
)
from battle_healer.drivers.blocking import closed
from battle_healer.model import Attempt, Entry, Grant, Parked, Trouble

T = TypeVar("T")


class AsyncHands(Protocol):
    """What carries out the commands of one call, awaited."""

    async def send(self, attempt: Attempt) -> Trouble:
        """Make one exchange; the reply before it is closed."""
        ...

    async def acquire(self, command: Acquire) -> Grant | Denied:
        """Get the current token of a declared credential."""
        ...

    async def refresh(self, command: Refresh) -> Grant | Denied:
        """Replace a token that was refused."""
        ...

    async def ask(self, command: Ask) -> Ranking | Abstain:
        """Let a planner rank, within its budget."""
        ...

    async def park(self, entry: Entry) -> Parked | Denied:
        """Store the call for later."""
        ...

    async def substitute(self, command: Substitute) -> Trouble | Denied:
        """Fetch a labelled substitute."""
        ...

    def note(self, note: Note) -> None:
        """Tell whoever watches."""
        ...


async def drive(
    loop: Generator[Command, Answer, T],
    hands: AsyncHands,
    wait: Callable[[float], Awaitable[None]],
) -> T:
    """Carry out the loop's commands until it returns, and return what it returns.

    wait: lets that many seconds pass. Whatever is raised here, a cancellation too, closes the
    loop and goes on to the caller.
    """
    answer: Answer = None
    try:
        while True:
            try:
                command = loop.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            answer = await _carry_out(command, hands, wait)
    finally:
        loop.close()


async def _carry_out(
    command: Command, hands: AsyncHands, wait: Callable[[float], Awaitable[None]]
) -> Answer:
    answer: Answer = None
    match command:
        case Send(attempt):
            answer = await hands.send(attempt)
        case Wait(seconds):
            await wait(seconds)
        case Acquire():
            answer = await hands.acquire(command)
        case Refresh():
            answer = await hands.refresh(command)
        case Ask():
            answer = await hands.ask(command)
        case Park(entry):
            answer = await hands.park(entry)
        case Substitute():
            answer = await hands.substitute(command)
        case Note():
            hands.note(command)
        case _:
            assert_never(command)
    return answer


class AsyncSleeper:
    """Real seconds for tasks of any event loop; `close` wakes every sleeper, for good."""

    def __init__(self) -> None:
        self._sleepers: set[asyncio.Future[bool]] = set()
        self._lock = threading.Lock()
        self._closed = False

    async def wait(self, seconds: float) -> None:
        """Let `seconds` pass. Raises ClosedError if the client is closed before they have."""
        loop = asyncio.get_running_loop()
        sleeper: asyncio.Future[bool] = loop.create_future()
        with self._lock:
            if self._closed:
                raise closed()
            self._sleepers.add(sleeper)
        timer = loop.call_later(seconds, _end, sleeper, True)
        try:
            if not await sleeper:
                raise closed()
        finally:
            timer.cancel()
            self._sleepers.discard(sleeper)

    def close(self) -> None:
        """Wake all who sleep, in whatever loop, and whoever would sleep later."""
        with self._lock:
            self._closed = True
            sleepers = list(self._sleepers)
        for sleeper in sleepers:
            # A loop that ended has nobody left to wake; connections are closed all the same.
            with suppress(RuntimeError):
                sleeper.get_loop().call_soon_threadsafe(_end, sleeper, False)


def _end(sleeper: asyncio.Future[bool], in_time: bool) -> None:
    if not sleeper.done():
        sleeper.set_result(in_time)
