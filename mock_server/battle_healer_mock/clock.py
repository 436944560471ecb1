"""The server's clock: real, or manual, where time passes only when somebody says so."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Final, Literal

Mode = Literal["real", "manual"]

# A manual clock starts at the same instant in every run, so that dates in replies repeat.
MANUAL_START: Final = datetime(2026, 1, 1, tzinfo=UTC)

# Sums of floats: a client that waited exactly as long as asked is not early.
SLACK_S: Final = 1e-6
_SECOND_US: Final = 1_000_000


@dataclass(eq=False, slots=True)
class _Waiter:
    due_s: float
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[bool]

    def end(self, in_time: bool) -> None:
        if not self.future.done():
            self.future.set_result(in_time)


class Clock:
    """Seconds since the start, the wall time that goes with them, and waiting.

    jumps: a manual clock moves on at once when somebody waits for it, for clients that cannot
    advance it while they wait for a reply. Thread-safe: tests advance a manual clock from
    another thread than the server's.
    """

    def __init__(self, mode: Mode = "real", *, jumps: bool = False) -> None:
        self.mode: Mode = mode
        self.jumps = jumps
        self._start = MANUAL_START if mode == "manual" else datetime.now(UTC)
        self._zero_s = time.monotonic()
        self._manual_s = 0.0
        self._waiters: set[_Waiter] = set()
        self._lock = threading.Lock()
        self._stopped = False
        self._start_us = int(self._start.timestamp()) * _SECOND_US + self._start.microsecond
        self._date_second = -1
        self._date = b""
        self._stamp_second = -1
        self._stamp = ""

    def now(self) -> float:
        """Seconds since the start, monotonic."""
        return self._manual_s if self.mode == "manual" else time.monotonic() - self._zero_s

    def wall(self, at_s: float | None = None) -> datetime:
        """The aware UTC time at `at_s` seconds since the start; None means now."""
        return self._start + timedelta(seconds=self.now() if at_s is None else at_s)

    def http_date(self, at_s: float | None = None) -> bytes:
        """The `Date` header of a reply sent at `at_s` seconds since the start; None means now.

        Source: RFC 9110, section 5.6.7.
        """
        at_s = self.now() if at_s is None else at_s
        second = int(at_s + self._start.microsecond / 1e6)
        if second != self._date_second:
            at = self.wall(at_s).replace(microsecond=0)
            self._date = format_datetime(at, usegmt=True).encode()
            self._date_second = second
        return self._date

    def stamp(self, at_s: float) -> str:
        """The wall time at `at_s` seconds since the start as RFC 3339 text, to the millisecond."""
        second, micro = divmod(self._start_us + round(at_s * _SECOND_US), _SECOND_US)
        if second != self._stamp_second:
            self._stamp = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            self._stamp_second = second
        return f"{self._stamp}.{micro // 1000:03d}Z"

    @property
    def sleepers(self) -> int:
        """How many exchanges wait on this clock."""
        return len(self._waiters)

    def advance(self, seconds: float) -> float:
        """Let `seconds` pass on a manual clock, waking all whose time has come; returns now."""
        with self._lock:
            self._manual_s += seconds
            due_s = self._manual_s + SLACK_S
            due = [waiter for waiter in self._waiters if waiter.due_s <= due_s]
        for waiter in sorted(due, key=lambda waiter: waiter.due_s):
            waiter.loop.call_soon_threadsafe(waiter.end, True)
        return self._manual_s

    def restart(self) -> None:
        """Put a manual clock back to its start and end every wait; a real one goes on."""
        if self.mode == "real":
            return
        with self._lock:
            self._manual_s = 0.0
            waiters = list(self._waiters)
        for waiter in waiters:
            waiter.loop.call_soon_threadsafe(waiter.end, True)

    def stop(self) -> None:
        """End every wait at once, now and from now on: the server is going."""
        with self._lock:
            self._stopped = True
            waiters = list(self._waiters)
        for waiter in waiters:
            waiter.loop.call_soon_threadsafe(waiter.end, False)

    async def wait(self, seconds: float) -> bool:
        """Wait until `seconds` have passed on this clock; False if the server ends first."""
        if self.mode == "manual" and self.jumps:
            self.advance(seconds)
            return True
        loop = asyncio.get_running_loop()
        waiter = _Waiter(self.now() + seconds, loop, loop.create_future())
        with self._lock:
            if self._stopped:
                return False
            self._waiters.add(waiter)
        timer = loop.call_later(seconds, waiter.end, True) if self.mode == "real" else None
        try:
            return await waiter.future
        finally:
            self._waiters.discard(waiter)
            if timer is not None:
                timer.cancel()
