"""The clock of the machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Monotonic seconds and UTC time of day, as the operating system tells them."""

    __slots__ = ()

    def now(self) -> float:
        """Monotonic seconds; only differences mean anything."""
        return time.monotonic()

    def wall(self) -> datetime:
        """Aware UTC time of day."""
        return datetime.now(UTC)
