"""Tables of the first version, with data, are brought to the present one; newer ones are refused.

They are made by the migrations as they stand, and filled by plain SQL: nothing of today's code
has touched what is upgraded.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from tests.support.postgres import url_of

from battle_healer_replay import open_queue
from battle_healer_replay.engine import Session
from battle_healer_replay.errors import SchemaError
from battle_healer_replay.operations.claim import Wish
from battle_healer_replay.postgres.engine import PostgresSession
from battle_healer_replay.schema import MIGRATIONS, Migration, migrate
from battle_healer_replay.sqlite.engine import SqliteSession
from battle_healer_replay.transitions import Event

NEWEST: Final = MIGRATIONS[-1].version
ENDED_MS: Final = 1_800_000_000_000
STATES: Final = (
    ("queued", None), ("running", None), ("succeeded", None), ("cancelled", None),
    *(("dead", reason) for reason in ("ambiguous", "unverified", "refused", "failures", "expired")),
)  # fmt: skip
TABLES: Final = {
    "queue_entries": "id", "queue_payloads": "entry_id, revision",
    "queue_attempts": "entry_id, fence", "queue_actions": "id", "queue_lanes": "destination",
    "queue_pauses": "scope, name",
}  # fmt: skip
_ENTRY: Final = """
insert into queue_entries (id, tenant, queue, destination, priority, safe, call_id, correlation_id,
  key, digest, max_failures, created_ms, expires_ms, state, reason, due_ms, fence, failures,
  revision, redrives, cancel_asked, worker, claimed_ms, lease_until_ms, begun_ms, ended_ms)
values (:id, 'default', 'default', 'pay', 'normal', 1, :call, 'corr-1', :key, 'd1', 8, 5, null,
  :state, :reason, 7, 3, 1, 2, 1, 0, :worker, :claimed, :lease, null, :ended)"""
_PAYLOAD: Final = """
insert into queue_payloads (entry_id, revision, method, url, headers, body, key, region,
  credential_ref, policy, error)
values (:id, :revision, 'POST', 'https://pay.example/c', '[["X-A", "1"]]', :body, :key, 'us',
  'main', 'healer.yaml', 'it was down')"""
_ATTEMPT: Final = """
insert into queue_attempts (entry_id, fence, result, worker, started_ms, ended_ms, revision, status,
  wait_s, episode, region, detail, late)
values (:id, :fence, 'error', 'w1', 10, 20, 1, 503, 1.5, 'ep-1', 'us', 'it was down', null)"""
_OTHERS: Final = (
    "insert into queue_actions (at_ms, who, what, entry_id, why)"
    " values (30, 'ann', 'redrive', 'entry-0', 'it is up again')",
    "insert into queue_lanes values ('default', 'default', 'pay', 40)",
    "insert into queue_pauses values ('queue', 'slow', 'ann', 'maintenance', 50, null)",
)


@dataclass(frozen=True)
class Old:
    """Tables that an older program left. session: a transaction of no engine of ours."""

    url: str
    session: Callable[[], AbstractContextManager[Session]]
    is_postgres: bool

    def migrate(self, migrations: tuple[Migration, ...]) -> None:
        with self.session() as session:
            migrate(session, "here", is_postgres=self.is_postgres, migrations=migrations)

    def fill(self) -> None:
        with self.session() as session:
            for number, (state, reason) in enumerate(STATES):
                running, has_ended = state == "running", state not in {"queued", "running"}
                name = f"entry-{number}"
                entry: dict[str, Any] = {
                    "id": name, "call": f"call-{number}", "key": f"k{number}", "state": state,
                    "reason": reason, "worker": "w1" if running else None,
                    "claimed": 9 if running else None,
                    "lease": ENDED_MS * 2 if running else None,
                    "ended": ENDED_MS if has_ended else None,
                }  # fmt: skip
                session.run(_ENTRY, [entry])
                payload = {"id": name, "key": f"k{number}", "body": b"\x00\xff{}"}
                session.run(_PAYLOAD, [payload | {"revision": n} for n in (1, 2)])
                session.run(_ATTEMPT, [{"id": name, "fence": n} for n in (1, 2)])
            for statement in _OTHERS:
                session.rows(statement)

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table of version 1."""
        with self.session() as session:
            return {
                table: session.rows(f"select * from {table} order by {order}")  # noqa: S608 -- ours
                for table, order in TABLES.items()
            }


@pytest.fixture(params=["sqlite", "postgres"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Old:
    """Tables of version 1 with entries in every state, their payloads, attempts and actions."""
    if request.param == "sqlite":
        path = tmp_path / "queue.db"
        made = Old(f"sqlite:{path}", lambda: _sqlite(path), is_postgres=False)
    else:
        address = request.getfixturevalue("postgres_url")
        made = Old(url_of(address), lambda: _postgres(address), is_postgres=True)
    made.migrate(MIGRATIONS[:1])
    made.fill()
    return made


@contextmanager
def _sqlite(path: Path) -> Iterator[Session]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.create_function("queue_now_ms", 0, lambda: ENDED_MS)
        connection.execute("begin immediate")
        with connection:
            yield SqliteSession(connection)


@contextmanager
def _postgres(address: str) -> Iterator[Session]:
    with psycopg.connect(address) as connection:
        yield PostgresSession(connection)


def test_every_row_of_the_first_version_is_kept(old: Old) -> None:
    before = old.rows()
    assert {len(rows) for rows in before.values()} == {1, len(STATES), 2 * len(STATES)}
    with open_queue(old.url) as queue:
        assert queue.versions == (1, NEWEST)
    assert old.rows() == before
    with open_queue(old.url) as queue:
        assert queue.versions == (NEWEST, NEWEST)


def test_what_was_upgraded_is_worked_on_as_before(old: Old) -> None:
    with open_queue(old.url) as queue:
        told = [(str(e.state), e.reason and str(e.reason)) for e in queue.entries()]
        assert told == list(STATES)
        story = queue.story("entry-0")
        assert [payload.body for payload in story.payloads] == [b"\x00\xff{}"] * 2
        assert [attempt.status for attempt in story.attempts] == [503, 503]
        assert [action.who for action in story.actions] == ["ann"]
        (claim,) = queue.claim(Wish("w2", 30, 10)).claims
        assert (claim.entry.id, claim.entry.fence) == ("entry-0", 4)
        queue.record(Event("succeed", "entry-0", fence=4))
        queue.record(Event("succeed", "entry-1", fence=3))
        assert queue.redrive("entry-7", who="ann", why="it is up").state == "queued"
        counts = queue.stats().counts
    assert counts == {"queued": 1, "running": 0, "succeeded": 3, "cancelled": 1, "dead": 4}


def test_an_upgrade_that_fails_half_way_changes_nothing(old: Old) -> None:
    before = old.rows()
    broken = Migration(NEWEST + 1, "half", ("create table queue_half (a integer)", "no sql"))
    with pytest.raises((sqlite3.Error, psycopg.Error)):
        old.migrate((*MIGRATIONS, broken))
    assert old.rows() == before
    with open_queue(old.url) as queue:
        assert queue.versions == (1, NEWEST)
    with old.session() as session:
        session.rows("create table queue_half (a integer)")


def test_tables_of_a_newer_program_keep_every_row(old: Old) -> None:
    newer = Migration(NEWEST + 1, "more", ("create table queue_more (a integer)",))
    old.migrate((*MIGRATIONS, newer))
    before = old.rows()
    with pytest.raises(SchemaError, match=f"version {NEWEST + 1}, this program knows {NEWEST}"):
        open_queue(old.url)
    assert old.rows() == before
