"""The two times that the loop asks for, passed in so that tests can own them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Monotonic seconds for waits and deadlines; wall time for dates that servers write."""

    def now(self) -> float:
        """Monotonic seconds; only differences mean anything."""
        ...

    def wall(self) -> datetime:
        """Aware UTC time of day."""
        ...
