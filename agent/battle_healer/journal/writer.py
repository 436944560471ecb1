"""The one thread that writes a journal file, so that no call ever waits for a disk.

It begins with the first event, and ends, closing the file, when there was nothing to do for a
while. What cannot be written is counted and said once; the calls go on.
"""

from __future__ import annotations

import atexit
import logging
import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from battle_healer.errors import HealerError
from battle_healer.journal.event import Event
from battle_healer.journal.file import Counts, JournalFile
from battle_healer.journal.lock import WAIT_S
from battle_healer.journal.place import Place

_log: Final = logging.getLogger("battle_healer")

ROWS: Final = 10_000
"""The most events that wait; more are counted as lost."""

LOST: Final = ("lost", "")

_BATCH: Final = 1000
_IDLE_S: Final = 5.0
_TRY_AGAIN_S: Final = 30.0
_FLUSH_S: Final = 5.0
_GATHER_S: Final = 0.005
"""Events come in bursts. Gathered they cost one commit, and do not disturb who makes them."""


class Writer:
    """Writes what it is given, in order, in a thread of its own. Thread-safe; never raises.

    rows: the most events that wait. wait_s: for another process that writes. now: monotonic
    seconds. When the file cannot be used it is tried again half a minute later.
    """

    def __init__(
        self,
        place: Place,
        *,
        rows: int = ROWS,
        wait_s: float = WAIT_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place = place
        self._most, self._wait_s, self._now = rows, wait_s, now
        self._try_at, self._told = 0.0, set[str]()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Begin with nothing; also in the child of a fork, which has none of our threads."""
        self._rows: SimpleQueue[Event | threading.Event] = SimpleQueue()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, event: Event) -> None:
        """Have an event written soon; one too many is counted as lost."""
        with self._lock:
            if self._rows.qsize() < self._most:
                self._rows.put(event)
                self._run()
                return
            self._counts[LOST] += 1
        self._say("the journal cannot keep up; what it misses is counted")

    def count(self, name: str, episode: str = "") -> None:
        """Count something; it is written with the next event, or at the end."""
        with self._lock:
            self._counts[name, episode] += 1

    def flush(self, wait_s: float = _FLUSH_S) -> bool:
        """Wait until all that was given so far is written or lost; False if that takes longer."""
        done = threading.Event()
        with self._lock:
            if self._rows.empty() and not self._counts and self._thread is None:
                return True
            self._rows.put(done)
            self._run()
        return done.wait(wait_s)

    def _run(self) -> None:
        """Begin the thread where there is none; the lock is held."""
        if self._thread is not None:
            return
        self._thread = threading.Thread(target=self._work, name="healer-journal", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # the interpreter ends, or the system has no threads left
            self._thread = None

    def _work(self) -> None:
        file: JournalFile | None = None
        while (batch := self._batch()) or not self._may_end():
            events = [row for row in batch if isinstance(row, Event)]
            file = self._written(file, events)
            for row in batch:
                if isinstance(row, threading.Event):
                    row.set()
        if file is not None:
            self._close(file)

    def _batch(self) -> list[Event | threading.Event]:
        """What waits, in order; nothing if nothing came for a while."""
        batch: list[Event | threading.Event] = []
        try:
            batch.append(self._rows.get(timeout=_IDLE_S))
            if isinstance(batch[0], Event):
                threading.Event().wait(_GATHER_S)
            while len(batch) < _BATCH:
                batch.append(self._rows.get_nowait())
        except Empty:
            pass
        return batch

    def _may_end(self) -> bool:
        with self._lock:
            if self._rows.empty():
                self._thread = None
                return True
            return False

    def _written(self, file: JournalFile | None, events: list[Event]) -> JournalFile | None:
        """Write a batch; returns the file if it can be used again."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not events and not counts:
            return file
        if self._now() < self._try_at:
            self._lose(events, counts)
            return None
        try:
            if file is not None and not file.is_there:
                self._close(file)
                file = None
            file = file or JournalFile(self.place, self._wait_s)
            file.write(events, counts)
        except Exception as error:  # whatever it is, it must not end the thread
            self._try_at = self._now() + _TRY_AGAIN_S
            self._say(f"the journal is kept in memory only: {_why(error, self.place.path)}")
            self._lose(events, counts)
            if file is not None:
                self._close(file)
            return None
        return file

    def _lose(self, events: list[Event], counts: Counts) -> None:
        """Keep the counts for later, and count the events with them."""
        with self._lock:
            self._counts.update(counts)
            self._counts[LOST] += len(events)

    def _close(self, file: JournalFile) -> None:
        try:
            file.close()
        except (HealerError, sqlite3.Error, OSError) as error:
            self._say(f"the journal was not closed well: {_why(error, self.place.path)}")

    def _say(self, what: str) -> None:
        if what not in self._told:
            self._told.add(what)
            _log.warning(what)


def _why(error: Exception, path: Path) -> str:
    return str(error) if isinstance(error, HealerError) else f"{path}: {error}"


_writers: Final[dict[Path, Writer]] = {}
_guard = threading.Lock()


def writer_for(place: Place) -> Writer:
    """The writer of a file: one in a process, whoever asks. The newest bounds hold."""
    with _guard:
        if not _writers and hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_after_fork)
        writer = _writers.get(place.path)
        if writer is None:
            writer = _writers[place.path] = Writer(place)
            atexit.register(writer.flush)
        writer.place = place
        return writer


def _after_fork() -> None:
    global _guard  # noqa: PLW0603 -- a lock that another thread held at the fork stays held
    _guard = threading.Lock()
    for writer in _writers.values():
        writer.begin_anew()
