"""Both databases, each real, with a clock that a test moves."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.support.postgres import database, running

from battle_healer_replay.engine import Engine
from battle_healer_replay.entry import Claim, Draft, Payload
from battle_healer_replay.operations.claim import Wish
from battle_healer_replay.postgres.engine import PostgresEngine
from battle_healer_replay.queue import Queue
from battle_healer_replay.sqlite.engine import SqliteEngine
from battle_healer_replay.transitions import Change, Event, Refusal

START_MS = 1_800_000_000_000
_STANDING_CLOCK = """
create table test_clock (now_ms bigint);
insert into test_clock values ({});
create or replace function queue_now_ms() returns bigint language sql stable as
$$ select now_ms from test_clock $$;
"""


class SqliteClock:
    """The clock of a SQLite queue under test."""

    def __init__(self) -> None:
        self.now_ms = START_MS

    def __call__(self) -> int:
        return self.now_ms

    def advance(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1000)


class PostgresClock:
    """The clock of a PostgreSQL queue under test; it stands in the database."""

    def __init__(self, url: str) -> None:
        self._url = url
        with psycopg.connect(url) as connection:
            connection.execute(_STANDING_CLOCK.format(START_MS).encode())

    def advance(self, seconds: float) -> None:
        with psycopg.connect(self._url) as connection:
            ms = round(seconds * 1000)
            connection.execute("update test_clock set now_ms = now_ms + %s", (ms,))


@dataclass
class Rig:
    """A queue, its clock, and short words for what tests do with it."""

    url: str
    open: Callable[[], Engine]
    clock: Any
    queue: Queue = field(init=False)
    lease_s: float = 30.0
    names: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.queue = Queue(self.open())

    def draft(self, **changes: Any) -> Draft:
        number = next(self.names)
        given: dict[str, Any] = {
            "call_id": f"call-{number:06}",
            "correlation_id": f"corr-{number}",
            "destination": "pay",
            "payload": Payload("POST", f"https://pay.example/charges/{number}", body=b"{}"),
            "safe": True,
        }
        return Draft(**given | changes)

    def keep(self, **changes: Any) -> str:
        return self.queue.enqueue(self.draft(**changes)).id

    def claim(self, worker: str = "w1", limit: int = 10, **more: Any) -> tuple[Claim, ...]:
        return self.queue.claim(Wish(worker, self.lease_s, limit, **more)).claims

    def claimed(self, **changes: Any) -> Claim:
        """One entry, kept and claimed."""
        name = self.keep(**changes)
        (found,) = (claim for claim in self.claim() if claim.entry.id == name)
        return found

    def record(self, name: str, claim: Claim, **more: Any) -> Change | Refusal:
        given = {"fence": claim.entry.fence} | more
        return self.queue.record(Event(name, claim.entry.id, **given))

    def state(self, entry_id: str) -> tuple[str, str | None]:
        entry = self.queue.story(entry_id).entry
        return str(entry.state), entry.reason and str(entry.reason)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL server: of HEALER_TEST_POSTGRES, else one from a wheel."""
    given = os.environ.get("HEALER_TEST_POSTGRES")
    if given:
        yield given
        return
    with (
        tempfile.TemporaryDirectory(prefix="bh-pg-", dir="/tmp") as folder,
        running(Path(folder)) as server,
    ):
        with psycopg.connect(server.address, autocommit=True) as connection:
            # The crash suite runs on a server of its own, which does wait for the disk.
            connection.execute("alter system set fsync = off")
            connection.execute("select pg_reload_conf()")
        yield server.address


@pytest.fixture
def postgres_url(server: str) -> Iterator[str]:
    """An empty database of the test's own."""
    with database(server) as address:
        yield address


@pytest.fixture
def sqlite_rig(tmp_path: Path) -> Iterator[Rig]:
    clock = SqliteClock()
    path = tmp_path / "queue.db"
    rig = Rig(f"sqlite:{path}", lambda: SqliteEngine(path, clock), clock)
    yield rig
    rig.queue.close()


@pytest.fixture
def postgres_rig(postgres_url: str) -> Iterator[Rig]:
    PostgresEngine(postgres_url).close()  # makes the tables, and with them the real clock
    rig = Rig(postgres_url, lambda: PostgresEngine(postgres_url), PostgresClock(postgres_url))
    yield rig
    rig.queue.close()


@pytest.fixture(params=["sqlite", "postgres"])
def rig(request: pytest.FixtureRequest) -> Rig:
    """The queue on either database: what a test says of it holds for both."""
    found: Rig = request.getfixturevalue(f"{request.param}_rig")
    return found
