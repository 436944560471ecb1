"""Where `healer call` parks: a queue that is opened only if something is parked."""

from __future__ import annotations

from battle_healer.model import Entry, Parked
from battle_healer_replay import Queue, open_queue


class ParkingPlace:
    """A store for one call. url: as for `open_queue`."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._queue: Queue | None = None

    def park(self, entry: Entry) -> Parked:
        """Open the queue and keep the entry."""
        if self._queue is None:
            self._queue = open_queue(self._url)
        return self._queue.park(entry)

    def close(self) -> None:
        """Close the queue, if it was opened."""
        if self._queue is not None:
            self._queue.close()
