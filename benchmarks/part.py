"""A part of the benchmarks: what it measures, and how its figures stand beside their targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Say = Callable[[str], None]
"""Tells a person how far a part has come."""


@dataclass(frozen=True, slots=True)
class Part:
    """A row: `name` is what ONLY= takes; `report` measures and gives Markdown, line by line."""

    name: str
    title: str
    report: Callable[[Say], list[str]]


@dataclass(frozen=True, slots=True)
class Target:
    """A figure beside what it should be."""

    measure: str
    wanted: str
    figure: str
    met: bool


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines] + [""]


def targets(rows: Iterable[Target]) -> list[str]:
    """The targets of a part, each with a word whether it is met."""
    return table(
        ("target", "wanted", "measured", ""),
        [(t.measure, t.wanted, t.figure, "met" if t.met else "**missed**") for t in rows],
    )
