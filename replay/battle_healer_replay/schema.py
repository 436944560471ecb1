"""The tables, as migrations: numbered, run once each, in one transaction under a lock.

Bodies lie apart from the row that every transition rewrites, and indexes are partial: finished
and backed-off rows lie outside of what a claim reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from battle_healer_replay.engine import Session
from battle_healer_replay.errors import SchemaError


@dataclass(frozen=True, slots=True)
class Migration:
    """One step forward. postgres, sqlite: statements of one of the two only, before and after."""

    version: int
    does: str
    both: tuple[str, ...] = ()
    postgres: tuple[str, ...] = ()
    sqlite: tuple[str, ...] = ()


_CLOCK = """
create function queue_now_ms() returns bigint language sql stable as
$$ select (extract(epoch from now()) * 1000)::bigint $$
"""

_ENTRIES = """
create table queue_entries (
  id text /*pg collate "C"*/ primary key,
  tenant text not null, queue text not null, destination text not null, priority text not null,
  safe integer not null, call_id text not null, correlation_id text not null,
  key text, digest text not null, max_failures integer not null,
  created_ms bigint not null, expires_ms bigint,
  state text not null, reason text, due_ms bigint not null, fence integer not null,
  failures integer not null, revision integer not null, redrives integer not null,
  cancel_asked integer not null, worker text, claimed_ms bigint, lease_until_ms bigint,
  begun_ms bigint, ended_ms bigint
) /*pg with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
  autovacuum_analyze_threshold = 500, autovacuum_vacuum_cost_delay = 0)*/
"""

_PAYLOADS = """
create table queue_payloads (
  entry_id text /*pg collate "C"*/ not null, revision integer not null,
  method text not null, url text not null, headers text not null, body /*pg bytea*/,
  key text, region text not null, credential_ref text, policy text, error text not null,
  primary key (entry_id, revision)
)
"""

_ATTEMPTS = """
create table queue_attempts (
  entry_id text /*pg collate "C"*/ not null, fence integer not null, result text not null,
  worker text, started_ms bigint not null, ended_ms bigint not null, revision integer not null,
  status integer, wait_s double precision, episode text, region text, detail text not null,
  late text, primary key (entry_id, fence)
)
"""

_ACTIONS = """
create table queue_actions (
  id integer /*pg generated always as identity*/ primary key,
  at_ms bigint not null, who text not null, what text not null,
  entry_id text /*pg collate "C"*/, why text not null
)
"""

_LANES = """
create table queue_lanes (
  tenant text not null, queue text not null, destination text not null,
  not_before_ms bigint not null, primary key (tenant, queue, destination)
)
"""

_PAUSES = """
create table queue_pauses (
  scope text not null, name text not null, who text not null, why text not null,
  at_ms bigint not null, until_ms bigint, primary key (scope, name)
)
"""

_INDEXES = (
    "create unique index queue_entries_key on queue_entries (tenant, key) where key is not null",
    "create index queue_entries_due on queue_entries"
    " (tenant, queue, destination, priority, due_ms, id) where state = 'queued'",
    "create index queue_entries_lease on queue_entries (lease_until_ms) where state = 'running'",
    "create index queue_entries_expiry on queue_entries (expires_ms)"
    " where state = 'queued' and expires_ms is not null",
    "create index queue_entries_ended on queue_entries (state, ended_ms)"
    " where ended_ms is not null",
    "create index queue_actions_entry on queue_actions (entry_id)",
)

_ALARMS: Final = """
create table queue_alarms (
  queue text not null, kind text not null, is_up integer not null, told_ms bigint not null,
  primary key (queue, kind)
)
"""
_DEAD: Final = (
    "create index queue_entries_dead on queue_entries (queue, ended_ms) where state = 'dead'"
)


def _by_key(table: str, create: str) -> tuple[str, ...]:
    """Keep a table of SQLite in the tree of its key, with no second tree for rows: a page less."""
    return (
        f"alter table {table} rename to {table}_by_row",
        f"{create.rstrip()} without rowid",
        f"insert into {table} select * from {table}_by_row",  # noqa: S608 -- words of ours
        f"drop table {table}_by_row",
    )


_KEYED: Final = {
    "queue_entries": _ENTRIES,
    "queue_payloads": _PAYLOADS,
    "queue_attempts": _ATTEMPTS,
}
_OF_ENTRIES: Final = tuple(index for index in (*_INDEXES, _DEAD) if " on queue_entries" in index)

MIGRATIONS: Final = (
    Migration(
        1,
        "entries, payloads, attempts, actions, lanes and pauses",
        (_ENTRIES, _PAYLOADS, _ATTEMPTS, _ACTIONS, _LANES, _PAUSES, *_INDEXES),
        (_CLOCK,),
    ),
    Migration(2, "alarms, and the dead by queue", (_ALARMS, _DEAD)),
    Migration(
        3,
        "rows in the order of their keys",
        sqlite=(*(step for table in _KEYED.items() for step in _by_key(*table)), *_OF_ENTRIES),
    ),
)

_META = """
create table if not exists queue_meta (version integer primary key, at_ms bigint not null)
"""


def migrate(
    session: Session,
    where: str,
    *,
    is_postgres: bool,
    migrations: tuple[Migration, ...] = MIGRATIONS,
) -> tuple[int, int]:
    """Bring the tables to the newest version; returns the versions before and after.

    The caller holds a lock, so that two processes do it one after the other. Raises SchemaError
    for tables that are newer than this program.
    """
    session.rows(_META)
    before = int(session.rows("select coalesce(max(version), 0) from queue_meta")[0][0])
    newest = migrations[-1].version
    if before > newest:
        raise SchemaError(
            f"its tables have version {before}, this program knows {newest}",
            where,
            "Use the newer battle-healer that made them; going back is not possible.",
        )
    for step in migrations[before:]:
        before_it, after_it = (step.postgres, ()) if is_postgres else ((), step.sqlite)
        for statement in (*before_it, *step.both, *after_it):
            session.rows(statement)
        session.run(
            "insert into queue_meta (version, at_ms) values (:version, queue_now_ms())",
            [{"version": step.version}],
        )
    return before, newest
