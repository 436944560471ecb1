"""The clock of the machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Monotonic seconds and UTC time of day, as the operating system tells them."""

    __slots__ = ()

    now = staticmethod(time.monotonic)
    """Monotonic seconds; only differences mean anything. Asked several times in every call."""

    def wall(self) -> datetime:
        """Aware UTC time of day."""
        return datetime.now(UTC)
