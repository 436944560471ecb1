"""Reads a journal file beside whoever writes it: episodes, their events, and what was counted."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from battle_healer.errors import JournalError
from battle_healer.journal.event import Event, Facts, plain
from battle_healer.journal.lock import WAIT_S, alone
from battle_healer.journal.schema import connect_to_read, probe
from battle_healer.text import safe

CANCELLED: Final = "cancelled"
OPEN: Final = "open"
"""How an episode stands that has no outcome: its caller went away, or nobody knows yet."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One episode as it is kept. began, ended: aware UTC; ended None while in progress or cut off.

    outcome: `delivered` and so on, `cancelled` or `open`. more: like refusals, counted only.
    """

    of: Facts
    began: datetime
    ended: datetime | None
    outcome: str
    effect: str | None
    status: int | None
    requests: int | None
    reason: str
    more: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which episodes are wanted; None for any. since: aware. id: part of the episode's."""

    outcome: str | None = None
    correlation_id: str | None = None
    provider: str | None = None
    since: datetime | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """How a journal file is. size_bytes: with its log. synchronous: SQLite's word."""

    size_bytes: int
    episodes: int
    lost: int
    synchronous: str
    sqlite: str


def state_of(path: Path, wait_s: float = WAIT_S) -> State:
    """Look at the journal at `path`, and try to write it. Raises JournalError."""
    with Reader(path, wait_s) as reader:
        episodes, lost = reader.size(), reader.counts().get("lost", 0)
        with reader.told(), alone(path, wait_s):
            synchronous = probe(path, wait_s)
    files = [path.with_name(path.name + companion) for companion in ("", "-wal")]
    size = sum(file.stat().st_size for file in files if file.exists())
    return State(size, episodes, lost, synchronous, sqlite3.sqlite_version)


@dataclass(frozen=True, slots=True)
class Spent:
    """What planners asked of models. calls: those that were paid for; tokens: of those that say."""

    calls: int
    tokens: int


_EPISODES: Final = """
select id, call, correlation_id, tenant, provider, region, endpoint, method,
  began, ended, coalesce(outcome, 'open'), effect, status, requests, coalesce(reason, ''), more
from episodes
where id like 'ep-%' and (:outcome is null or coalesce(outcome, 'open') = :outcome)
  and (:correlation_id is null or correlation_id = :correlation_id)
  and (:provider is null or provider = :provider)
  and (:since is null or began >= :since)
  and (:id is null or instr(id, :id) > 0)
order by began desc, seq desc limit :limit
"""
_COUNT: Final = "select count(*) from episodes where id like 'ep-%'"
_EVENTS: Final = """
select id, call, correlation_id, tenant, provider, region, endpoint, method,
  v.seq, v.name, v.at, v.data
from events v join episodes e on e.id = v.episode
where v.episode = :episode order by v.seq
"""
_NEWEST: Final = """
select id, call, correlation_id, tenant, provider, region, endpoint, method,
  v.seq, v.name, v.at, v.data
from events v join episodes e on e.id = v.episode
where :correlation_id is null or correlation_id = :correlation_id
order by v.seq desc limit :limit
"""
_LAST: Final = """
select id, call, correlation_id, tenant, provider, region, endpoint, method,
  v.seq, v.name, v.at, v.data
from events v join episodes e on e.id = v.episode
where v.name = :name order by v.seq desc limit 1
"""
_SPENT: Final = """
with asked as (
  select json_extract(data, '$.step.asked.model_calls') as calls,
    json_extract(data, '$.step.asked.tokens') as tokens
  from events where name = 'STEP' and at >= :since)
select coalesce(sum(calls), 0), coalesce(sum(tokens), 0) from asked
where tokens is null or tokens > 0
"""
_AFTER: Final = """
select id, call, correlation_id, tenant, provider, region, endpoint, method,
  v.seq, v.name, v.at, v.data
from events v join episodes e on e.id = v.episode
where v.seq > :seq and (:correlation_id is null or correlation_id = :correlation_id)
order by v.seq limit :limit
"""


class Reader:
    """A journal, open for reading. Every read sees what was committed before it began.

    Raises JournalError for a file that cannot be read, opening it too.
    """

    def __init__(self, path: Path, wait_s: float = WAIT_S) -> None:
        self._path = path
        with self.told():
            self._connection = connect_to_read(path, wait_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def episodes(self, wanted: Wanted, limit: int) -> list[Kept]:
        """The newest episodes that are wanted, newest first."""
        values = asdict(wanted) | {"limit": limit}
        values["since"] = None if wanted.since is None else wanted.since.timestamp()
        return [_kept(row) for row in self._rows(_EPISODES, values)]

    def events_of(self, episode: str) -> list[Event]:
        """Everything that happened in one episode, in order."""
        return [event for _, event in self._events(_EVENTS, {"episode": episode})]

    def newest(self, correlation_id: str | None, limit: int) -> list[tuple[int, Event]]:
        """The newest events, oldest first, with their numbers. correlation_id: None for all."""
        found = self._events(_NEWEST, {"correlation_id": correlation_id, "limit": limit})
        return found[::-1]

    def after(self, seq: int, correlation_id: str | None, limit: int) -> list[tuple[int, Event]]:
        """The events behind the one with this number, oldest first."""
        values = {"correlation_id": correlation_id, "seq": seq, "limit": limit}
        return self._events(_AFTER, values)

    def last(self, name: str) -> Event | None:
        """The newest event of that name."""
        found = self._events(_LAST, {"name": name})
        return found[0][1] if found else None

    def spent(self, since: datetime) -> Spent:
        """What the planners of all processes spent on models. since: aware."""
        ((calls, tokens),) = self._rows(_SPENT, {"since": since.timestamp()})
        return Spent(int(calls), int(tokens))

    def counts(self) -> Mapping[str, int]:
        """What was counted and not kept: `clean`, `refusals`, `lost`."""
        return dict(self._rows("select name, n from counts", {}))

    def size(self) -> int:
        """How many episodes are kept."""
        return int(self._rows(_COUNT, {})[0][0])

    def newest_number(self) -> int:
        """The number of the newest event; 0 where there is none."""
        return int(self._rows("select coalesce(max(seq), 0) from events", {})[0][0])

    def _events(self, sql: str, values: dict[str, Any]) -> list[tuple[int, Event]]:
        with self.told():
            return [(row[8], _event(row)) for row in self._rows(sql, values)]

    def _rows(self, sql: str, values: dict[str, Any]) -> list[Any]:
        with self.told():
            # All at once: an open cursor would keep the log from being brought home.
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn whatever is wrong with the file into JournalError."""
        try:
            yield
        except (sqlite3.Error, OSError, ValueError) as error:
            what = f"the journal cannot be used ({safe(str(error))})"
            fix = "Check the file, or remove it with `healer home --clear`."
            raise JournalError(what, safe(str(self._path)), fix) from error


def _facts(row: tuple[Any, ...]) -> Facts:
    return Facts(*(safe(str(value)) for value in row[:8]))


def _kept(row: tuple[Any, ...]) -> Kept:
    began, ended, outcome, effect, status, requests, reason, more = row[8:]
    return Kept(
        of=_facts(row),
        began=_time(began),
        ended=None if ended is None else _time(ended),
        outcome=outcome,
        effect=effect,
        status=status,
        requests=requests,
        reason=safe(reason, 500),
        more=more,
    )


def _event(row: tuple[Any, ...]) -> Event:
    _, name, at, data = row[8:]
    # Made safe when it was written; once more, since a file may have been through other hands.
    return Event(_facts(row), safe(name), _time(at), plain(json.loads(data)))


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
