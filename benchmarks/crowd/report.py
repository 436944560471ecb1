"""Crowds: 200 callers of a dead region, 1,000 callers with an expired token, one client each.

`first` are the requests at the dead region per call of the burst; `afterwards` those of the next
five seconds, in which every caller calls again and again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from benchmarks import tools
from benchmarks.mix.clients import auth_flow, ours
from benchmarks.mix.clients.client import Client
from benchmarks.mix.clients.table import CLIENTS
from benchmarks.mix.report import Site, upstream
from benchmarks.part import Say, Target, table, targets
from benchmarks.processes import line_from, running

BURST: Final = 200
AGAIN_S: Final = 5.0
EXPIRED: Final = 1000
PER_CALL: Final = 1.1
PROBES: Final = 2
OURS: Final = (ours.ROW, ours.ASYNC_ROW)
REFRESHING: Final = (auth_flow.ROW, *OURS)
"""The clients that can refresh at all."""


@dataclass(frozen=True, slots=True)
class Burst:
    """What 200 callers of a dead region sent. `first`, `total`: requests per call."""

    first: float
    total: float
    succeeded: int
    afterwards: int


@dataclass(frozen=True, slots=True)
class Refresh:
    """What 1,000 callers with one expired token did."""

    refreshes: int
    succeeded: int
    per_call: float


def _ran(site: Site, client: Client, call: str, callers: int, again_s: float) -> tuple[float, int]:
    """When the crowd had its answers, and how many were successes."""
    site.reset()
    command = [tools.python(), "-m", "benchmarks.crowd.runner", client.name, call]
    command += [str(callers), str(again_s), site.us, site.eu]
    with running(command, tools.environment()) as process:
        said = json.loads(line_from(process))
        process.wait(again_s + 30)
    return said["ended"], said["succeeded"]


def _burst(site: Site, client: Client) -> Burst:
    ended, succeeded = _ran(site, client, "dead", BURST, AGAIN_S)
    rows = site.books()["rows"]
    first = [row for row in rows if row["arrived"] <= ended]
    later = [row for row in rows if row["arrived"] > ended]
    dead = sum(row["region"] == "us" for row in first)
    afterwards = sum(row["region"] == "us" for row in later)
    return Burst(dead / BURST, len(first) / BURST, succeeded, afterwards)


def _refresh(site: Site, client: Client) -> Refresh:
    _, succeeded = _ran(site, client, "expired", EXPIRED, 0)
    books = site.books()
    return Refresh(books["refreshes"], succeeded, len(books["rows"]) / EXPIRED)


def report(say: Say) -> list[str]:
    """Two tables, and the targets."""
    bursts, refreshes = {}, {}
    with upstream() as site:
        for client in CLIENTS:
            if len(tools.versions(client.needs)) == len(client.needs):
                bursts[client.name] = _burst(site, client)
                say(f"burst, {client.name}: {bursts[client.name]}")
        for client in REFRESHING:
            refreshes[client.name] = _refresh(site, client)
            say(f"refresh, {client.name}: {refreshes[client.name]}")
    missing = [client.name for client in CLIENTS if client.name not in bursts]
    head = (
        f"burst of {BURST} on a dead region",
        "requests there per call",
        "requests per call in all",
        "delivered",
        f"requests there in the next {AGAIN_S:.0f} s",
    )
    burst_rows = [
        (name, f"{b.first:.2f}", f"{b.total:.2f}", b.succeeded, b.afterwards)
        for name, b in bursts.items()
    ]
    refresh_rows = [
        (name, r.refreshes, r.succeeded, f"{r.per_call:.2f}") for name, r in refreshes.items()
    ]
    herd = (f"{EXPIRED} callers, one expired token", "refreshes", "delivered", "requests per call")
    return [
        *table(head, burst_rows),
        *tools.absent(missing),
        *table(herd, refresh_rows),
        *targets(_targets(bursts, refreshes)),
    ]


def _targets(bursts: dict[str, Burst], refreshes: dict[str, Refresh]) -> list[Target]:
    rows = []
    for client in OURS:
        b, r = bursts[client.name], refreshes[client.name]
        rows += [
            Target(
                f"{client.name}: requests per call at the dead region",
                "≤ 1.1",
                f"{b.first:.2f}",
                b.first <= PER_CALL,
            ),
            Target(
                f"{client.name}: delivered by the other region",
                str(BURST),
                str(b.succeeded),
                b.succeeded == BURST,
            ),
            Target(
                f"{client.name}: afterwards only probes (one each 5 s)",
                f"≤ {PROBES}",
                str(b.afterwards),
                b.afterwards <= PROBES,
            ),
            Target(f"{client.name}: refreshes", "1", str(r.refreshes), r.refreshes == 1),
            Target(
                f"{client.name}: delivered after it",
                str(EXPIRED),
                str(r.succeeded),
                r.succeeded == EXPIRED,
            ),
        ]
    return rows
