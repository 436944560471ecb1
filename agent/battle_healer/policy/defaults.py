"""docs/defaults.md, written from the defaults table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, fields
from typing import Any, Final

from battle_healer.policy.rows import GATES, QUEUES, Rows, spoken
from battle_healer.rules import Bounds, Keep, PlannerBudget

Words = Callable[[Field[Any], Any], Any]

_HEAD: Final = """\
# Defaults

What bounds a call when nothing else is said. A policy changes a row under `bounds:`, within the
range; a call changes its own deadline. This page is written from the tables in `rules.py`.

"""
_COLUMNS: Final = """\
| bound | default | range | unit | meaning | source |
|---|---|---|---|---|---|
"""
_GATES: Final = """
## Gates

What bounds all calls of a client together. A policy changes a row under `gates:`, for all
destinations or, within a destination, for that one. Breaker and concurrency count by region,
retry budget and pacer by destination.

"""
_JOURNAL: Final = """
## Journal

What bounds the journal on disk. A policy changes a row under `journal:`.

"""
_BUDGETS: Final = """
## Budgets of planners

What a planner may spend on its model in one process. A policy changes a row under
`planner_budgets:`, by planner (`planner_budgets: {gemini: {calls_per_day: 100}}`; `auto` spends
from `gemini`'s); `HEALER_GEMINI_*` does the same for the process, and where both say something
the lower holds. Where a budget is spent the heuristics choose.

"""
_QUEUES: Final = """
## Queues

How a queue of parked calls is worked off. A policy changes a row under `queues.NAME:`, for the
queue of that name.

"""


def defaults_markdown() -> str:
    """Return the whole page, ending with a line end."""
    calls = ((row, f"`{row.name}`") for row in fields(Bounds))
    kept = ((row, f"`{row.name}`") for row in fields(Keep))
    spent = ((row, f"`{row.name}`") for row in fields(PlannerBudget))
    return (
        _HEAD
        + _COLUMNS
        + "".join(_line(row, name) for row, name in calls)
        + _GATES
        + _table(GATES)
        + _JOURNAL
        + _COLUMNS
        + "".join(_line(row, name) for row, name in kept)
        + _BUDGETS
        + _COLUMNS
        + "".join(_line(row, name) for row, name in spent)
        + _QUEUES
        + _table(QUEUES)
    )


def _table(rows: Rows) -> str:
    keys = ((row, f"`{'.'.join(rows.keys[row.name])}`") for row in fields(rows.table))
    return _COLUMNS + "".join(_line(row, key, spoken) for row, key in keys)


def _line(row: Field[Any], key: str, words: Words | None = None) -> str:
    data = row.metadata
    default, least, most = (
        _said(row, value, words) for value in (row.default, data["least"], data["most"])
    )
    unit = data["unit"] if default == str(row.default) else ""
    span = "on or off" if isinstance(row.default, bool) else f"{least} to {most}"
    return f"| {key} | {default} | {span} | {unit} | {data['meaning']} | {data['source']} |\n"


def _said(row: Field[Any], value: Any, words: Words | None) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value if words is None else words(row, value))
