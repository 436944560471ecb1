"""What clients have told of their healing: the latest events, bounded by number and by size."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from battle_healer_mock.json_text import json_bytes

MOST_LOGS: Final = 10_000
MOST_BYTES: Final = 16 << 20


class Logs:
    """Events in order of arrival; the oldest are dropped first, and counted."""

    def __init__(self, most: int = MOST_LOGS, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._entries: deque[tuple[dict[str, object], int]] = deque()
        self._bytes = 0
        self.dropped = 0

    def __iter__(self) -> Iterator[dict[str, object]]:
        return (entry for entry, _ in self._entries)

    def add(self, entry: dict[str, object]) -> None:
        """Keep an event; one that is larger than all the room is dropped itself."""
        size = len(json_bytes(entry))
        self._entries.append((entry, size))
        self._bytes += size
        while len(self._entries) > self._most or self._bytes > self._most_bytes:
            _, oldest = self._entries.popleft()
            self._bytes -= oldest
            self.dropped += 1
