"""The journal file, open for writing: what is added to it, and how it stays bounded."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from battle_healer.home import open_home
from battle_healer.journal.event import CANCELLED, ENDED, STEP, Event, text_of
from battle_healer.journal.lock import WAIT_S, alone
from battle_healer.journal.place import Place
from battle_healer.journal.schema import connect_to_write, pragma
from battle_healer.model import Outcome

_BEGIN: Final = """
insert into episodes
  (id, began, call, correlation_id, tenant, provider, region, endpoint, method)
values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing
"""
_TELL: Final = "insert into events (episode, at, name, data) values (?, ?, ?, ?)"
_END: Final = """
update episodes set ended = ?, outcome = ?, effect = ?, status = ?, requests = ?, reason = ?
where id = ?
"""
_COUNT: Final = """
insert into counts (name, n) values (?, ?) on conflict (name) do update set n = n + excluded.n
"""
_MORE: Final = "update episodes set more = more + ? where id = ?"
_TOO_OLD: Final = ("delete from episodes where began < ?", "delete from events where at < ?")
_OLDEST: Final = (
    "delete from events where episode in (select id from episodes order by seq limit 500)",
    "delete from episodes where seq in (select seq from episodes order by seq limit 500)",
)

_SHARE_KEPT: Final = 0.9  # of the bound, after a clearing for size
_MEASURE_EVERY: Final = 500  # events, together about half a megabyte
_CLEAR_EVERY: Final = timedelta(hours=1)

_ENDS: Final = frozenset({ENDED, CANCELLED})

Row = tuple[object, ...]
Counts = Mapping[tuple[str, str], int]
"""How often: by name, and by the episode that it belongs to, empty for none."""


class JournalFile:
    """A journal, open for writing by one thread; other processes may write it too.

    wait_s: how long somebody else may hold it. Everything here, opening too, raises JournalError,
    sqlite3.Error or OSError where the file cannot be used.
    """

    def __init__(self, place: Place, wait_s: float = WAIT_S) -> None:
        self.path, self._keep, self._wait_s = place.path, place.keep, wait_s
        self._cleared: datetime | None = None
        self._unmeasured = 0
        open_home(self.path.parent)
        with alone(self.path, wait_s):
            self._connection = connect_to_write(self.path, wait_s)
            self._inode = self.path.stat().st_ino

    @property
    def is_there(self) -> bool:
        """Whether the file is still the one that was opened; somebody may have removed it."""
        try:
            return self.path.stat().st_ino == self._inode
        except OSError:
            return False

    def write(self, events: Sequence[Event], counts: Counts) -> None:
        """Keep these, all or none; then clear what is too old or too much."""
        with alone(self.path, self._wait_s):
            with _Transaction(self._connection) as run:
                run.executemany(_BEGIN, [_beginning(e) for e in events if e.name != STEP])
                run.executemany(_TELL, [_telling(event) for event in events])
                run.executemany(_END, [_ending(e) for e in events if e.name in _ENDS])
                for (name, episode), n in counts.items():
                    run.execute(_COUNT, (name, n))
                    if episode:
                        run.execute(_MORE, (n, episode))
            self._unmeasured += len(events)
            if events:
                self._clear(events[-1].at)

    def close(self) -> None:
        """Close it, which also brings the write-ahead log home."""
        with alone(self.path, self._wait_s):
            self._connection.close()

    def _clear(self, now: datetime) -> None:
        if self._cleared is None or abs(now - self._cleared) > _CLEAR_EVERY:
            self._cleared = now
            oldest = (now - timedelta(days=self._keep.days)).timestamp()
            with _Transaction(self._connection) as run:
                for statement in _TOO_OLD:
                    run.execute(statement, (oldest,))
        if self._unmeasured < _MEASURE_EVERY:
            return
        self._unmeasured = 0
        most = self._keep.megabytes * 1_000_000
        if self._used_bytes() > most:
            while self._used_bytes() > most * _SHARE_KEPT and self._clear_oldest():
                pass
            self._give_back(most)

    def _used_bytes(self) -> int:
        pages = pragma(self._connection, "page_count") - pragma(self._connection, "freelist_count")
        return int(pages * pragma(self._connection, "page_size"))

    def _clear_oldest(self) -> bool:
        """Clear some episodes, in a commit of its own; returns whether there were any."""
        with _Transaction(self._connection) as run:
            return sum(run.execute(statement).rowcount for statement in _OLDEST) > 0

    def _give_back(self, most: int) -> None:
        """Shrink a file that is above its bound even with what was cleared taken out."""
        pages = pragma(self._connection, "page_count") - most // pragma(
            self._connection, "page_size"
        )
        if pages > 0:
            # As a script: `execute` takes one step of it, and gives back one page.
            self._connection.executescript(f"pragma incremental_vacuum({pages})")


def _beginning(event: Event) -> Row:
    """Not only of the first event, which may have been lost, or cleared since."""
    of = event.of
    carried = (of.provider, of.region, of.endpoint, of.method)
    return (of.episode, _at(event), of.call, of.correlation_id, of.tenant, *carried)


def _telling(event: Event) -> Row:
    return event.of.episode, _at(event), event.name, text_of(event.data)


def _ending(event: Event) -> Row:
    outcome: Outcome | None = event.data.get("outcome")
    if outcome is None:
        return _at(event), "cancelled", "unknown", None, None, "", event.of.episode
    end = (outcome.kind.value, outcome.effect, outcome.status, outcome.requests, outcome.reason)
    return _at(event), *end, event.of.episode


def _at(event: Event) -> float:
    return event.at.timestamp()


class _Transaction:
    """Everything in it is kept, or nothing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> sqlite3.Connection:
        # Immediate: a read that turns into a write would fail at once where it may wait.
        self._connection.execute("begin immediate")
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._connection.execute("commit")
        elif self._connection.in_transaction:  # a full disk has ended it already
            self._connection.execute("rollback")
