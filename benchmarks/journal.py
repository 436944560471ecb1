"""What the journal adds to an episode's own time: a 503, one resend, delivered; no socket."""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2

from battle_healer import HealingClient
from battle_healer.clients.surroundings import Surroundings
from battle_healer.journal.place import Place, nowhere
from battle_healer.rules import GateBounds, Rules
from benchmarks.part import Say

URL = "https://api.example/v1/thing"
# Half of all attempts fail here, far faster than anywhere: no gate may ask for time.
NEVER_HELD = Rules(
    gates=GateBounds(
        retry_tokens=1_000_000, retry_refill_per_s=1_000_000.0, breaker_attempts=1_000_000
    )
)
CALLS = 20
ROUNDS = 1000


class _Silent:
    """No journal at all: what the others are compared with."""

    def note(self, *_: object) -> None:
        """Nothing."""

    record = cancel = count_clean = note

    def flush(self) -> bool:
        """There is nothing to wait for."""
        return True


def _client(journal: Any) -> HealingClient:
    turns = itertools.count()

    def answer(request: httpx2.Request) -> httpx2.Response:
        status = 200 if next(turns) % 2 else 503
        return httpx2.Response(status, json={"id": "o1", "amount": 15})

    around = Surroundings(wait=lambda seconds: None, journal=journal)
    return HealingClient(
        policy=NEVER_HELD, transport=httpx2.MockTransport(answer), surroundings=around
    )


def _own(client: HealingClient) -> float:
    """Seconds of processor that one call takes of its caller's thread; the writer's are its own."""
    began = time.thread_time()
    client.get(URL)
    spent = time.thread_time() - began
    client.healing.journal.flush()
    return spent


def _crowded(client: HealingClient) -> float:
    """Seconds a call by the clock where nothing ever waits: the worst that the writer can do."""
    began = time.perf_counter()
    for _ in range(CALLS):
        client.get(URL)
    spent = time.perf_counter() - began
    client.healing.journal.flush()
    return spent / CALLS


def report(say: Say) -> list[str]:
    """Lines of a table: microseconds per episode, medians of interleaved rounds.

    say: tells a person how far it has come.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder) / "journal.db")
        clients = {
            "no journal": _client(nowhere),
            "in memory": _client(nowhere),
            "on disk": _client(lambda rules: place),
        }
        silent: Any = _Silent()
        clients["no journal"].healing.journal = silent
        orders = itertools.cycle(itertools.permutations(clients))
        own: dict[str, list[float]] = {name: [] for name in clients}
        crowded: dict[str, list[float]] = {name: [] for name in clients}
        say(f"{ROUNDS} rounds of one episode with each journal")
        for order in itertools.islice(orders, ROUNDS):
            for name in order:
                # Whoever comes after a wait for the disk finds everything cold: so nobody does.
                clients["no journal"].get(URL)
                own[name].append(_own(clients[name]))
        say(f"{ROUNDS // CALLS} rounds of {CALLS} episodes without a pause")
        for order in itertools.islice(orders, ROUNDS // CALLS):
            for name in order:
                crowded[name].append(_crowded(clients[name]))
        for client in clients.values():
            client.close()
    lines = [
        "| an episode of two requests, µs | caller's thread | over | clock, no pauses | over |",
        "|---|---|---|---|---|",
    ]
    for name in clients:
        cells = [f"{cell}" for figures in (own, crowded) for cell in _cells(figures, name)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _cells(figures: dict[str, list[float]], name: str) -> tuple[str, str]:
    median, base = (statistics.median(figures[n]) * 1e6 for n in (name, "no journal"))
    return f"{median:.1f}", f"{median - base:+.1f}"


if __name__ == "__main__":
    print("\n".join(report(lambda line: print(line, file=sys.stderr))))
