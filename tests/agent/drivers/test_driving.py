import asyncio
from collections.abc import Generator
from typing import Any

import pytest
from tests.support.building import US, attempt, call

from battle_healer.commands import (
    Abstain,
    Acquire,
    Ask,
    Command,
    Denied,
    Note,
    Park,
    Refresh,
    Send,
    Substitute,
    Wait,
)
from battle_healer.drivers import asynchronous, blocking
from battle_healer.model import Entry, Parked, Reply

ENTRY = Entry(
    "call-1", "c", "t", "pay", "us", "q", "GET", "u", (), None, None, None, None, "", "no", 0.0
)
ANSWERS: list[tuple[Command, Any]] = [
    (Send(attempt()), Reply(200)),
    (Acquire(call(), US, "main"), Denied("acquire")),
    (Refresh(call(), US, "main", None, 401), Denied("refresh")),
    (Ask("evil", (), {}, 1.0), Abstain("unsure")),
    (Park(ENTRY), Parked("entry-1", True)),
    (Substitute(call(), US, "stale", "x"), Denied("substitute")),
    (Note("STEP"), None),
    (Wait(1.5), None),
]


class Recording:
    """Hands that answer from the table, and remember what they were asked."""

    def __init__(self) -> None:
        self.did: list[object] = []

    def _answer(self, asked: object) -> Any:
        self.did.append(asked)
        for command, answer in ANSWERS:
            inner = next(iter(getattr(command, n) for n in command.__slots__))
            if asked in (command, inner):
                return answer
        raise AssertionError(asked)

    send = acquire = refresh = ask = park = substitute = note = wait = _answer


class AsyncRecording(Recording):
    async def _later(self, asked: object) -> Any:
        await asyncio.sleep(0)
        return self._answer(asked)

    send = acquire = refresh = ask = park = substitute = wait = _later


def scripted(heard: list[Any]) -> Generator[Command, Any, str]:
    for command, _ in ANSWERS:
        heard.append((yield command))
    return "done"


def test_each_command_is_carried_out_and_answered_in_a_thread() -> None:
    heard: list[Any] = []
    hands = Recording()
    assert blocking.drive(scripted(heard), hands, hands.wait) == "done"
    assert heard == [answer for _, answer in ANSWERS]
    assert len(hands.did) == len(ANSWERS)


def test_each_command_is_carried_out_and_answered_in_a_task() -> None:
    heard: list[Any] = []
    hands = AsyncRecording()
    assert asyncio.run(asynchronous.drive(scripted(heard), hands, hands.wait)) == "done"
    assert heard == [answer for _, answer in ANSWERS]
    assert len(hands.did) == len(ANSWERS)


def closing(closed: list[bool]) -> Generator[Command, Any, None]:
    try:
        yield Wait(1.0)
    finally:
        closed.append(True)


def test_whatever_interrupts_a_thread_closes_the_loop_and_goes_on() -> None:
    closed: list[bool] = []

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    loop = closing(closed)  # held, so that nothing but the driver closes it
    with pytest.raises(KeyboardInterrupt):
        blocking.drive(loop, Recording(), interrupted)
    assert closed == [True]


def test_cancelling_a_task_closes_the_loop_and_goes_on() -> None:
    closed: list[bool] = []
    loop = closing(closed)  # held, so that nothing but the driver closes it

    async def scenario() -> None:
        forever = asyncio.Event()

        async def waiting(seconds: float) -> None:
            started.set()
            await forever.wait()

        started = asyncio.Event()
        task = asyncio.create_task(asynchronous.drive(loop, AsyncRecording(), waiting))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    assert closed == [True]
