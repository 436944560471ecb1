"""Virtual time in stages: each stage has callers of its own, and time goes on where it was."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from battle_healer.drivers.virtual import VirtualTime


class StagedTime:
    """A clock for one client whose calls come in stages of a few callers each.

    advance: told each jump in seconds. start: the other side's wall time now, aware.
    """

    def __init__(self, advance: Callable[[float], object], start: datetime) -> None:
        self._advance, self._passed_s = advance, 0.0
        self._time = VirtualTime(1, advance, start)

    def begin(self, callers: int) -> None:
        """Start a stage; call it only between stages."""
        wall, self._passed_s = self._time.wall(), self.now()
        self._time = VirtualTime(callers, self._advance, wall)

    def caller(self) -> AbstractContextManager[None]:
        """Mark the life of one caller of this stage."""
        return self._time.caller()

    def now(self) -> float:
        """Virtual seconds since the first stage began."""
        return self._passed_s + self._time.now()

    def wall(self) -> datetime:
        """Aware UTC time."""
        return self._time.wall()

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass, for a thread."""
        self._time.wait(seconds)

    async def wait_async(self, seconds: float) -> None:
        """Let `seconds` pass, for a task."""
        await self._time.wait_async(seconds)
