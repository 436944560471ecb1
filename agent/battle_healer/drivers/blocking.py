"""Runs the loop in a thread: commands out, answers in, one line each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
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
from battle_healer.errors import ClosedError
from battle_healer.model import Attempt, Entry, Grant, Parked, Trouble

T = TypeVar("T")


class Hands(Protocol):
    """What carries out the commands of one call, blocking until each is done."""

    def send(self, attempt: Attempt) -> Trouble:
        """Make one exchange; the reply before it is closed."""
        ...

    def acquire(self, command: Acquire) -> Grant | Denied:
        """Get the current token of a declared credential."""
        ...

    def refresh(self, command: Refresh) -> Grant | Denied:
        """Replace a token that was refused."""
        ...

    def ask(self, command: Ask) -> Ranking | Abstain:
        """Let a planner rank, within its budget."""
        ...

    def park(self, entry: Entry) -> Parked | Denied:
        """Store the call for later."""
        ...

    def substitute(self, command: Substitute) -> Trouble | Denied:
        """Fetch a labelled substitute."""
        ...

    def note(self, note: Note) -> None:
        """Tell whoever watches."""
        ...


def drive(loop: Generator[Command, Answer, T], hands: Hands, wait: Callable[[float], None]) -> T:
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
            answer = _carry_out(command, hands, wait)
    finally:
        loop.close()


def _carry_out(command: Command, hands: Hands, wait: Callable[[float], None]) -> Answer:
    answer: Answer = None
    match command:
        case Send(attempt):
            answer = hands.send(attempt)
        case Wait(seconds):
            wait(seconds)
        case Acquire():
            answer = hands.acquire(command)
        case Refresh():
            answer = hands.refresh(command)
        case Ask():
            answer = hands.ask(command)
        case Park(entry):
            answer = hands.park(entry)
        case Substitute():
            answer = hands.substitute(command)
        case Note():
            hands.note(command)
        case _:
            assert_never(command)
    return answer


class Sleeper:
    """Real seconds for threads; `close` wakes every sleeper, for good."""

    def __init__(self) -> None:
        self._closed = threading.Event()

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass. Raises ClosedError if the client is closed before they have.

        Returning early instead would let an attempt go out before the server's time (I3).
        """
        if self._closed.wait(seconds):
            raise closed()

    def close(self) -> None:
        """Wake all who sleep, and whoever would sleep later."""
        self._closed.set()


def closed() -> ClosedError:
    """The error of a wait that the end of its client cut short."""
    return ClosedError(
        "the client was closed while this call waited",
        "client",
        "Close it after its calls have ended; nothing was sent after the last attempt.",
    )
