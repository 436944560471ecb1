"""Ratios to the best peer: medians of interleaved rounds on the same databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from tests.support.postgres import database, running, url_of

from benchmarks import tools
from benchmarks.part import Say
from benchmarks.tools import ROOT

ROUNDS: Final = 5
PEERS: Final = {"sqlite": ("huey",), "postgres": ("pgqueuer", "procrastinate")}
_DRIVER: Final = "asyncpg"  # of pgqueuer


@dataclass(frozen=True, slots=True)
class Measure:
    """A row. wanted: the least ratio to the best peer."""

    name: str
    what: str
    store: str
    callers: int
    count: int
    wanted: float


MEASURES: Final = (
    Measure("durable enqueue, 64 callers", "enqueue", "postgres", 64, 640, 8.0),
    Measure("durable enqueue, 64 callers", "enqueue", "sqlite", 64, 640, 3.0),
    Measure("durable enqueue, one caller", "enqueue", "postgres", 1, 100, 0.9),
    Measure("durable enqueue, one caller", "enqueue", "sqlite", 1, 100, 0.9),
    Measure("a worker that does nothing", "drain", "postgres", 1, 640, 1.0),
    Measure("a worker that does nothing", "drain", "sqlite", 1, 640, 4.0),
)


@dataclass(frozen=True, slots=True)
class Took:
    """Entries a second, and CPU of our process for each entry, in milliseconds."""

    per_s: float
    cpu_ms: float


def report(say: Say) -> list[str]:
    """Measure everything; Markdown, line by line."""
    names = [name for names in PEERS.values() for name in names]
    present = tools.versions((*names, _DRIVER))
    if _DRIVER not in present:
        present.pop("pgqueuer", None)
    absent = [name for name in (*names, _DRIVER) if name not in present]
    lines = [
        "| measure | store | ours/s | best peer | its/s | ratio (least to most) | wanted "
        "| CPU/entry: ours, its |  |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bh-b-", dir="/tmp")))
        server = stack.enter_context(running(folder)).address
        for measure in MEASURES:
            rounds = [_round(measure, server, present) for _ in range(ROUNDS)]
            lines.append(_row(measure, rounds))
            say(lines[-1])
    versions = ", ".join(f"{name} {number}" for name, number in present.items())
    return [*lines, "", f"Beside {versions or 'nothing'}.", "", *tools.absent(absent)]


def _round(measure: Measure, server: str, present: Collection[str]) -> dict[str, Took]:
    peers = [name for name in PEERS[measure.store] if name in present]
    return {
        name: _took(measure, name, server, sys.executable if name == "ours" else tools.python())
        for name in ("ours", *peers)
    }


def _took(measure: Measure, name: str, server: str, python: str) -> Took:
    with _empty(measure.store, server) as where:
        ran = subprocess.run(  # noqa: S603 - our own programs
            [python, "-m", f"benchmarks.queue.stores.{name}", measure.what, where,
             str(measure.count), str(measure.callers)],
            env=os.environ | tools.environment(), check=True, capture_output=True, text=True,
        )  # fmt: skip
    told = json.loads(ran.stdout.splitlines()[-1])
    return Took(measure.count / told["s"], told["cpu_s"] * 1000 / measure.count)


@contextmanager
def _empty(store: str, server: str) -> Iterator[str]:
    """An empty queue: a file on the disk of this checkout, or a database."""
    if store == "sqlite":
        with tempfile.TemporaryDirectory(prefix="bh-b-", dir=ROOT) as folder:
            yield f"sqlite:{Path(folder) / 'queue.db'}"
        return
    with database(server) as address:
        yield url_of(address)


def _row(measure: Measure, rounds: list[dict[str, Took]]) -> str:
    peers = [name for name in rounds[0] if name != "ours"]
    if not peers:
        per_s = median(r["ours"].per_s for r in rounds)
        return f"| {measure.name} | {measure.store} | {per_s:.0f} | none | | | | | |"
    best = max(peers, key=lambda peer: median(r[peer].per_s for r in rounds))
    ratios = sorted(r["ours"].per_s / r[best].per_s for r in rounds)
    ratio, met = median(ratios), median(ratios) >= 0.9 * measure.wanted
    ours, its = (median(r[name].per_s for r in rounds) for name in ("ours", best))
    cpu = [median(r[name].cpu_ms for r in rounds) for name in ("ours", best)]
    return (
        f"| {measure.name} | {measure.store} | {ours:.0f} | {best} | {its:.0f} "
        f"| {ratio:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) | {measure.wanted:g} "
        f"| {cpu[0]:.2f}, {cpu[1]:.2f} ms | {'met' if met else '**missed**'} |"
    )
