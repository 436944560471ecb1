"""The overhead tables: ours and the peers, each over its own bare client."""

from __future__ import annotations

import json
from typing import Final

from benchmarks import tools
from benchmarks.overhead.variants import BARE, BASES, OURS, PACKAGES
from benchmarks.part import Say, Target, table, targets
from benchmarks.processes import line_from, running

ALLOWED_US: Final = 10.0


def report(say: Say) -> list[str]:
    """Microseconds per call, and over the bare client, sync and async."""
    with running([tools.python(), "-m", "benchmarks.overhead.runner"], tools.environment()) as it:
        figures: dict[str, dict[str, float]] = json.loads(line_from(it))
    found = tools.versions((*PACKAGES, BARE, OURS))
    lines, rows = [], []
    for mode, seconds in figures.items():
        lines += table(
            (mode, "µs of CPU per call", "over bare, µs", "ratio"),
            [
                (f"{name} {found[name]}", f"{figure * 1e6:.1f}", *_over(seconds, name))
                for name, figure in seconds.items()
            ],
        )
        over = (seconds[OURS] - seconds[BARE]) * 1e6
        say(f"{mode}: {over:.1f} µs over bare")
        rows.append(
            Target(f"{mode}, over bare {BARE}", "≤ 10 µs", f"{over:.1f} µs", over <= ALLOWED_US)
        )
    lines += tools.absent([name for name in PACKAGES if name not in found])
    return [*lines, *targets(rows)]


def _over(seconds: dict[str, float], name: str) -> tuple[str, str]:
    base = seconds[BASES.get(name, BARE)]
    if name in (BARE, "httpx"):
        return "", ""
    return f"{(seconds[name] - base) * 1e6:+.1f}", f"x{seconds[name] / base:.2f}"
