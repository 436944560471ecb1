"""Where a call is parked for later: the protocol of a store, and one in memory."""

from __future__ import annotations

import threading
from typing import Protocol

from battle_healer.model import Entry, Parked


class Store(Protocol):
    """Keeps what is accepted for later."""

    def park(self, entry: Entry) -> Parked:
        """Keep the entry, and only then say so (I8).

        Called from any thread; an asynchronous driver runs it in one of its own. Whatever it
        raises means that nothing was kept.
        """
        ...


class InMemoryStore:
    """A store that forgets when the process ends; its receipts say so (`durable` is false).

    limit: the most entries it holds. It has to be asked for by name: nothing uses it by default.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._entries: dict[str, Entry] = {}
        self._limit = limit
        self._lock = threading.Lock()

    def park(self, entry: Entry) -> Parked:
        """Keep the entry under its call's id; the same call again is the same entry.

        Raises OverflowError when it is full: an old promise is never dropped for a new one.
        """
        name = entry.call_id.replace("call-", "entry-", 1)
        with self._lock:
            if name not in self._entries and len(self._entries) >= self._limit:
                raise OverflowError(f"the store in memory holds {self._limit} entries already")
            self._entries.setdefault(name, entry)
        return Parked(name, durable=False)

    @property
    def entries(self) -> dict[str, Entry]:
        """What is kept, by id, oldest first."""
        with self._lock:
            return dict(self._entries)
