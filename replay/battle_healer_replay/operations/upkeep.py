"""Housekeeping: lost leases, expired entries, and what was kept long enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from battle_healer_replay.engine import Session, Values
from battle_healer_replay.entry import State
from battle_healer_replay.operations.clock import now_of
from battle_healer_replay.operations.record import write
from battle_healer_replay.rows import ENTRY, columns, entry_of
from battle_healer_replay.transitions import Change, Event, decide

_MOST: Final = 500

_OF: Final = f"select {columns(ENTRY)} from queue_entries where "  # noqa: S608 -- columns of ours
_LOST: Final = (
    _OF + "state = 'running' and lease_until_ms <= :now"
    " order by lease_until_ms limit :n /*pg for update skip locked*/"
)
_EXPIRED: Final = (
    _OF + "state = 'queued' and expires_ms is not null and expires_ms <= :now"
    " order by expires_ms limit :n /*pg for update skip locked*/"
)
_HELD: Final = (
    _OF
    + "state = 'running' and worker = :worker order by id limit :n /*pg for update skip locked*/"
)
_OLD: Final = (
    "select id from queue_entries where state = :state and ended_ms is not null"
    " and ended_ms <= :before and (cast(:queue as text) is null or queue = :queue)"
    " order by ended_ms limit :n /*pg for update skip locked*/"
)
_FORGET: Final = (
    "delete from queue_attempts where entry_id = :id",
    "delete from queue_payloads where entry_id = :id",
    "delete from queue_actions where entry_id = :id",
    "delete from queue_entries where id = :id",
)


@dataclass(frozen=True, slots=True)
class Reap:
    """Look after lost leases and expired entries, at most 500 of each."""


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Take back what `worker` held; the caller holds the lock on that name."""

    worker: str


@dataclass(frozen=True, slots=True)
class Forget:
    """Remove at most 500 entries of `state` that ended `older_s` seconds ago or more.

    queue: of that one only; None for all. Deduplication lasts as long as an entry is kept.
    """

    state: State
    older_s: float
    queue: str | None = None


def reap(session: Session, items: Sequence[Reap]) -> list[list[Change] | Exception]:
    """Let what is lost or expired take its turn; returns the changes."""
    now = now_of(session)
    at = {"now": now, "n": _MOST}
    changes: list[Change] = []
    for statement, name in ((_LOST, "lose"), (_EXPIRED, "expire")):
        changes += _changes(session, statement, at, name, now)
    write(session, changes)
    return [changes, *([] for _ in items[1:])]


def take_back(session: Session, items: Sequence[TakeBack]) -> list[list[Change] | Exception]:
    """Take back what a worker of that name held when it died."""
    now = now_of(session)
    results: list[list[Change] | Exception] = []
    for item in items:
        at = {"worker": item.worker, "n": _MOST}
        changes = _changes(session, _HELD, at, "take_back", now)
        write(session, changes)
        results.append(changes)
    return results


def forget(session: Session, items: Sequence[Forget]) -> list[int | Exception]:
    """Remove what was kept long enough; returns how many of each item."""
    now = now_of(session)
    counts: list[int | Exception] = []
    for item in items:
        before = now - round(item.older_s * 1000)
        at = {"state": str(item.state), "before": before, "queue": item.queue, "n": _MOST}
        rows = session.rows(_OLD, at)
        ids = [{"id": row[0]} for row in rows]
        for statement in _FORGET:
            session.run(statement, ids)
        counts.append(len(ids))
    return counts


def _changes(session: Session, statement: str, at: Values, name: str, now: int) -> list[Change]:
    entries = [entry_of(row) for row in session.rows(statement, at)]
    detail = {"lose": "its lease ended without a word", "take_back": "its worker was started anew"}
    decided = (decide(e, Event(name, e.id, detail=detail.get(name, "")), now) for e in entries)
    return [change for change in decided if isinstance(change, Change)]
