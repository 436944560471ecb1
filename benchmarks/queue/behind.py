"""What a claim costs behind 1,000,000 entries that have ended and 100,000 that are backed off."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Final

import psycopg
from tests.support.postgres import database, running, url_of

from battle_healer_replay import Queue, open_queue
from battle_healer_replay.operations.claim import Wish
from battle_healer_replay.rows import ENTRY, columns
from benchmarks.part import Say, Target, targets
from benchmarks.queue.stores.ours import draft
from benchmarks.tools import ROOT

ENDED: Final = 1_000_000
BACKED_OFF: Final = 100_000
WANTED: Final = 1.5
_CLAIMS: Final = 50
_DAY_MS: Final = 86_400_000

_COPY: Final = (
    "insert into queue_entries ({}) with recursive number (n) as"
    " (select 1 union all select n + 1 from number where n < {})"
    " select {} from number, (select * from queue_entries where id = '{}') as one"
)


def report(say: Say) -> list[str]:
    """Measure both databases; Markdown, line by line."""
    rows: list[Target] = []
    for store in ("sqlite", "postgres"):
        with _empty(store) as where, open_queue(where) as queue:
            alone = _claim_ms(queue, 0)
            _crowd(where)
            behind = _claim_ms(queue, _CLAIMS)
        figure = f"{behind / alone:.2f} ({alone:.2f} ms alone, {behind:.2f} ms behind them)"
        name = f"a claim behind {ENDED:,} ended and {BACKED_OFF:,} backed off, {store}"
        rows.append(Target(name, f"at most {WANTED} x", figure, behind <= 1.1 * WANTED * alone))
        say(f"{name}: {figure}")
    return targets(rows)


def _claim_ms(queue: Queue, first: int) -> float:
    """Milliseconds of a claim of one entry, each alone in its queue; the median of them."""
    took = []
    for number in range(first, first + _CLAIMS):
        queue.enqueue(draft(number))
        began = time.perf_counter()
        (claim,) = queue.claim(Wish("w1", 3600.0, 1)).claims
        took.append((time.perf_counter() - began) * 1000)
        assert claim.entry.correlation_id == f"corr-{number}"
    return median(took)


def _crowd(where: str) -> None:
    """Copy an entry so many times, each with what makes it another."""
    ended = {"state": "'succeeded'", "ended_ms": "created_ms", "lease_until_ms": "null"}
    later = {"state": "'queued'", "due_ms": f"due_ms + {_DAY_MS}", "lease_until_ms": "null"}
    _run(
        where,
        _copies(ENDED, ended | {"id": "'ended-' || n"}),
        _copies(BACKED_OFF, later | {"id": "'later-' || n"}),
        "analyze",
    )


def _copies(n: int, changed: dict[str, str]) -> str:
    values = {name: name for name in ENTRY} | {"key": "null"} | changed
    return _COPY.format(columns(ENTRY), n, ", ".join(values.values()), draft(0).entry_id)


def _run(where: str, *statements: str) -> None:
    """Run them, and leave the database as it is once it has rested."""
    if where.startswith("sqlite:"):
        with closing(sqlite3.connect(where.removeprefix("sqlite:"))) as file, file:
            for statement in statements:
                file.execute(statement)
        return
    with psycopg.connect(where, autocommit=True) as server:
        for statement in (*statements, "vacuum", "checkpoint"):
            server.execute(statement.encode())


@contextmanager
def _empty(store: str) -> Iterator[str]:
    """An empty queue: a file on the disk of this checkout, or a database."""
    if store == "sqlite":
        with tempfile.TemporaryDirectory(prefix="bh-b-", dir=ROOT) as folder:
            yield f"sqlite:{Path(folder) / 'queue.db'}"
        return
    with (
        tempfile.TemporaryDirectory(prefix="bh-b-", dir="/tmp") as folder,
        running(Path(folder)) as server,
        database(server.address) as address,
    ):
        yield url_of(address)
