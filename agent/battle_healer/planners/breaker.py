"""The breaker of a planner: after failures in a row nobody is kept waiting for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from battle_healer.planners.miss import LIMITED, Miss

FAILURES: Final = 3
"""In a row, until it opens."""
OPEN_S: Final = 30.0
_WAIT_S: Final = (1.0, 86_400.0)
"""Bounds of a time that the service names."""
_FOREVER: Final = float("inf")


class Breaker:
    """Closed, open until some time, or stopped for good. Thread-safe.

    now: monotonic seconds. tell: called with a line of ours whenever it opens.
    """

    def __init__(self, now: Callable[[], float], tell: Callable[[str], object]) -> None:
        self._now, self._tell = now, tell
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0
        self._held_until = 0.0
        self._why = ""

    def blocks(self) -> Miss | None:
        """Why nothing may be asked now; None where a question may go.

        When the time is over one question goes as a probe, and the others wait for what it
        brings.
        """
        with self._lock:
            left_s = self._left_s()
            if left_s > 0:
                return Miss("misconfigured" if left_s == _FOREVER else "off", self._said(left_s))
            if self._failures >= FAILURES:
                # The probe is under way until `saw` tells how it went.
                self._until = self._now() + OPEN_S
            return None

    def saw(self, miss: Miss | None) -> None:
        """Learn from one question; None for an answer, be it good or unsure."""
        told = None
        with self._lock:
            if miss is None or not (miss.row.fails or miss.row.stops or miss.kind == LIMITED):
                # I3: not the time that the service named to another question under way.
                self._failures, self._until = 0, self._held_until
                return
            self._failures += miss.row.fails
            if (open_s := self._opens(miss)) > 0:
                self._why = miss.why
                self._until = max(self._until, self._now() + open_s)
                if is_held(miss):
                    self._held_until = max(self._held_until, self._now() + open_s)
                told = self._said(open_s)
        if told is not None:
            self._tell(told)

    @property
    def state(self) -> str:
        """One line: `closed`, or why it is open and for how long."""
        with self._lock:
            left_s = self._left_s()
            return self._said(left_s) if left_s > 0 else "closed"

    @property
    def left_s(self) -> float:
        """For how many seconds it stays open; 0.0 where it is closed, infinite where for good."""
        with self._lock:
            return max(0.0, self._left_s())

    def _left_s(self) -> float:
        return self._until - self._now()

    def _opens(self, miss: Miss) -> float:
        """For how many seconds this failure opens it; 0.0 for not."""
        if miss.row.stops:
            return _FOREVER
        after_s = OPEN_S if self._failures >= FAILURES else 0.0
        if not is_held(miss):
            return after_s
        least, most = _WAIT_S
        return max(after_s, min(most, max(least, miss.wait_s)))

    def _said(self, left_s: float) -> str:
        if left_s == _FOREVER:
            return self._why
        return f"not asked for {left_s:.0f} s more: {self._why}"


def is_held(miss: Miss) -> bool:
    """Whether the service itself said that it wants no question for a while (I3)."""
    return miss.kind == LIMITED or miss.wait_s > 0
