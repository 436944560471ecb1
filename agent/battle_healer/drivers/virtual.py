"""Virtual time: when everybody waits, the clock jumps to whoever is due first.

The other side can be told: `advance` posts the jump to a mock server on a manual clock, so that
client and server live in one time, over real sockets, and nobody sleeps.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Final
from urllib.parse import urlsplit

from battle_healer.drivers.blocking import closed
from battle_healer.text import safe

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Where virtual time begins, in every run."""


_ADVANCE_TIMEOUT_S: Final = 10.0


@dataclass(eq=False, slots=True)
class _Waiter:
    due_s: float
    woken: Future[bool]


class VirtualTime:
    """A clock, and the waiting that goes with it, for threads and tasks of any event loop.

    callers: how many calls run side by side; time passes only while all of them wait.
    advance: told each jump in seconds, before anybody wakes; it may block (in a task it runs in
    a thread). start: the wall time at second 0, aware.
    """

    def __init__(
        self,
        callers: int = 1,
        advance: Callable[[float], object] | None = None,
        start: datetime = START,
    ) -> None:
        self._callers = callers
        self._advance = advance
        self._start = start
        self._now_s = 0.0
        self._waiters: list[_Waiter] = []
        self._jumping = False
        self._closed = False
        self._lock = threading.Lock()

    def now(self) -> float:
        """Virtual seconds since the start."""
        return self._now_s

    def wall(self) -> datetime:
        """Aware UTC time: the start, and what has passed since."""
        return self._start + timedelta(seconds=self._now_s)

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass, for a thread. Raises ClosedError if `close` comes first."""
        waiter = self._enter(seconds)
        try:
            if (due_s := self._due_if_all_wait()) is not None:
                self._jump(due_s)
            in_time = waiter.woken.result()
        finally:
            self._leave(waiter)
        if not in_time:
            raise closed()

    async def wait_async(self, seconds: float) -> None:
        """Let `seconds` pass, for a task. Raises ClosedError if `close` comes first."""
        waiter = self._enter(seconds)
        try:
            if (due_s := self._due_if_all_wait()) is not None:
                await asyncio.to_thread(self._jump, due_s)
            in_time = await asyncio.wrap_future(waiter.woken)
        finally:
            self._leave(waiter)
        if not in_time:
            raise closed()

    @contextmanager
    def caller(self) -> Iterator[None]:
        """Mark the life of one of the `callers`: the others no longer wait for it after."""
        try:
            yield
        finally:
            with self._lock:
                self._callers -= 1
            if (due_s := self._due_if_all_wait()) is not None:
                self._jump(due_s)

    def close(self) -> None:
        """Wake all who wait, at once and for good."""
        with self._lock:
            self._closed = True
            waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.woken.set_result(False)

    def _enter(self, seconds: float) -> _Waiter:
        waiter = _Waiter(self._now_s + seconds, Future())
        waiter.woken.set_running_or_notify_cancel()  # a cancelled task must not cancel it
        with self._lock:
            if self._closed:
                raise closed()
            self._waiters.append(waiter)
        return waiter

    def _leave(self, waiter: _Waiter) -> None:
        with self._lock:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def _due_if_all_wait(self) -> float | None:
        """The second to jump to, for the one who has to do it; None for everybody else."""
        with self._lock:
            if self._jumping or not self._waiters or len(self._waiters) < self._callers:
                return None
            self._jumping = True
            return min(waiter.due_s for waiter in self._waiters)

    def _jump(self, due_s: float) -> None:
        """Jump there, and on for as long as nobody is left who would do it."""
        following: float | None = due_s
        while following is not None:
            self._jump_once(following)
            # Whoever was to be woken may have been cancelled, and others began to wait meanwhile.
            following = self._due_if_all_wait()

    def _jump_once(self, due_s: float) -> None:
        """Tell the other side, without the lock, then wake who is due."""
        jump_s = max(0.0, due_s - self._now_s)
        failure: Exception | None = None
        try:
            if self._advance is not None and jump_s > 0:
                self._advance(jump_s)
        except Exception as error:  # the other side is gone: nobody may sleep for ever
            failure = error
        with self._lock:
            self._jumping = False
            self._now_s = max(self._now_s, due_s)
            due = [waiter for waiter in self._waiters if waiter.due_s <= self._now_s]
            self._waiters = [waiter for waiter in self._waiters if waiter not in due]
        for waiter in due:
            if failure is None:
                waiter.woken.set_result(True)
            else:
                waiter.woken.set_exception(failure)


def advance_mock(base_url: str) -> Callable[[float], object]:
    """Return a hook for `advance` that moves a mock server's manual clock.

    base_url: the server's own, without a region. Raises ValueError if its clock is not manual.
    """
    parts = urlsplit(base_url)

    def advance(seconds: float) -> None:
        connection = HTTPConnection(parts.netloc, timeout=_ADVANCE_TIMEOUT_S)
        try:
            body = json.dumps({"advance_s": seconds})
            kind = {"Content-Type": "application/json"}
            connection.request("POST", f"{parts.path}/control/clock", body, kind)
            reply = connection.getresponse()
            said = reply.read()
        finally:
            connection.close()
        if reply.status != HTTPStatus.OK:
            raise ValueError(f"the mock did not move its clock: {safe(said)}")

    return advance
