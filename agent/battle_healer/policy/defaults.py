"""docs/defaults.md, written from the defaults table."""

from __future__ import annotations

from dataclasses import Field, fields
from typing import Any, Final

from battle_healer.policy.gates import KEYS, spoken
from battle_healer.rules import Bounds, GateBounds, Keep, PlannerBudget

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


def defaults_markdown() -> str:
    """Return the whole page, ending with a line end."""
    calls = ((row, f"`{row.name}`") for row in fields(Bounds))
    gates = ((row, f"`{'.'.join(KEYS[row.name])}`", row.name) for row in fields(GateBounds))
    kept = ((row, f"`{row.name}`") for row in fields(Keep))
    spent = ((row, f"`{row.name}`") for row in fields(PlannerBudget))
    return (
        _HEAD
        + _COLUMNS
        + "".join(_line(row, name) for row, name in calls)
        + _GATES
        + _COLUMNS
        + "".join(_line(row, key, name) for row, key, name in gates)
        + _JOURNAL
        + _COLUMNS
        + "".join(_line(row, name) for row, name in kept)
        + _BUDGETS
        + _COLUMNS
        + "".join(_line(row, name) for row, name in spent)
    )


def _line(row: Field[Any], key: str, name: str = "") -> str:
    default, least, most = (
        _said(name, value) for value in (row.default, row.metadata["least"], row.metadata["most"])
    )
    data = row.metadata
    unit = "" if name and default != str(row.default) else data["unit"]
    span = "on or off" if isinstance(row.default, bool) else f"{least} to {most}"
    return f"| {key} | {default} | {span} | {unit} | {data['meaning']} | {data['source']} |\n"


def _said(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(spoken(name, value))
