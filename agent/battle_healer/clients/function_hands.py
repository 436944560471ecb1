"""What carries out the commands of one call of a function, in a thread or in a task."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from battle_healer.clients.function_call import FunctionCall
from battle_healer.clients.threads import parked_in_task, ranked, ranked_in_task
from battle_healer.commands import (
    Abstain,
    Acquire,
    Ask,
    Denied,
    Note,
    Ranking,
    Refresh,
    Substitute,
)
from battle_healer.model import Attempt, Entry, Grant, Parked, Refused, Reply, Trouble

_NOT_OURS = Denied("a function signs its own requests")


class FunctionHands:
    """One call's attempts, blocking until each is done. function: called without arguments."""

    def __init__(self, one: FunctionCall, function: Callable[[], Any]) -> None:
        self._one, self._function = one, function

    def first(self) -> tuple[Attempt, Trouble]:
        """Make the first attempt: what it was, and what came of it."""
        attempt = self._one.first()
        if isinstance(attempt, Refused):
            return self._one.unsent(), attempt
        return self._called(attempt)

    def send(self, attempt: Attempt) -> Trouble:
        """Call the function again, if the gates let it in."""
        refused = self._one.engine.gates.readmit(attempt)
        return refused or self._called(attempt)[1]

    def ask(self, command: Ask) -> Ranking | Abstain:
        """Let a planner rank, within its budget."""
        return ranked(self._one.engine, command)

    def park(self, entry: Entry) -> Parked | Denied:
        """Store the request for later."""
        return self._one.park(entry)

    def acquire(self, command: Acquire) -> Grant | Denied:
        """Nothing: see `_NOT_OURS`."""
        return _NOT_OURS

    def refresh(self, command: Refresh) -> Grant | Denied:
        """Nothing: see `_NOT_OURS`."""
        return _NOT_OURS

    def substitute(self, command: Substitute) -> Reply | Denied:
        """Nothing: nobody knows the shape of what a function returns."""
        return Denied("a function's value has no substitute")

    def note(self, note: Note) -> None:
        """Tell whoever watches."""
        self._one.note(note)

    def _called(self, attempt: Attempt) -> tuple[Attempt, Trouble]:
        one = self._one
        try:
            value = self._function()
        except Exception as error:
            return one.raised(attempt, error)
        except BaseException:
            # A gate that is not told would stay taken.
            one.gave_up(attempt)
            raise
        return one.returned(attempt, value)


class AsyncFunctionHands:
    """One call's attempts, awaited.

    interrupted: a cancellation that came while a store had the request in hand.
    """

    def __init__(self, one: FunctionCall, function: Callable[[], Awaitable[Any]]) -> None:
        self._one, self._function = one, function
        self._still = FunctionHands(one, function)
        self.interrupted: asyncio.CancelledError | None = None

    async def first(self) -> tuple[Attempt, Trouble]:
        """Make the first attempt: what it was, and what came of it."""
        attempt = self._one.first()
        if isinstance(attempt, Refused):
            return self._one.unsent(), attempt
        return await self._called(attempt)

    async def send(self, attempt: Attempt) -> Trouble:
        """Call the function again, if the gates let it in."""
        refused = self._one.engine.gates.readmit(attempt)
        return refused or (await self._called(attempt))[1]

    async def ask(self, command: Ask) -> Ranking | Abstain:
        """Let a planner rank, within its budget."""
        return await ranked_in_task(self._one.engine, command)

    async def park(self, entry: Entry) -> Parked | Denied:
        """Store the request for later; a cancellation waits for the store's word (I8)."""
        parked, self.interrupted = await parked_in_task(self._one.park, entry)
        return parked

    async def acquire(self, command: Acquire) -> Grant | Denied:
        """Nothing, as in a thread."""
        return self._still.acquire(command)

    async def refresh(self, command: Refresh) -> Grant | Denied:
        """Nothing, as in a thread."""
        return self._still.refresh(command)

    async def substitute(self, command: Substitute) -> Reply | Denied:
        """Nothing, as in a thread."""
        return self._still.substitute(command)

    def note(self, note: Note) -> None:
        """Tell whoever watches."""
        self._one.note(note)

    async def _called(self, attempt: Attempt) -> tuple[Attempt, Trouble]:
        one = self._one
        try:
            value = await self._function()
        except Exception as error:
            return one.raised(attempt, error)
        except BaseException:
            # Also when it is cancelled: a gate that is not told would stay taken.
            one.gave_up(attempt)
            raise
        return one.returned(attempt, value)
