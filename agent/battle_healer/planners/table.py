"""The built-in planners, in one tuple; others come by entry point when they are named."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Final

from battle_healer.errors import UsageError
from battle_healer.planners.cascade import auto
from battle_healer.planners.evil import Evil
from battle_healer.planners.gemini.planner import gemini
from battle_healer.planners.planner import Budgeted, Planner
from battle_healer.planners.scripted import Scripted

HEURISTIC: Final = "heuristic"
GROUP: Final = "battle_healer.planners"


Budgets = Mapping[str, Mapping[str, float]]
NO_BUDGETS: Final[Budgets] = {}


@dataclass(frozen=True, slots=True)
class PlannerRow:
    """One planner. build: None for the heuristics, which the loop consults itself.

    spends: the name under which a policy sets its budget, where it has one.
    warns: it is not meant to be good, and whoever names it is told so.
    """

    name: str
    does: str
    build: Callable[[], Planner] | None
    warns: bool = False
    spends: str = ""


PLANNERS: Final[tuple[PlannerRow, ...]] = (
    PlannerRow(HEURISTIC, "follows the heuristic table", None),
    PlannerRow("gemini", "asks a Gemini model once in an episode", gemini, spends="gemini"),
    PlannerRow("auto", "asks a model where the heuristics are not sure", auto, spends="gemini"),
    PlannerRow("scripted", "follows a script of action names (tests)", Scripted, warns=True),
    PlannerRow("evil", "picks the most harmful plan on offer (tests)", Evil, warns=True),
)
BY_NAME: Final = {row.name: row for row in PLANNERS}


def find_planner(name: str, budgets: Budgets = NO_BUDGETS) -> Planner | None:
    """Return the planner of that name; None for the heuristics.

    budgets: rows that a policy sets, by planner. A name that is not built in is looked up in the
    entry-point group `battle_healer.planners`, and loaded only then. Raises UsageError that lists
    what is known, and for a budget of a planner that keeps none.
    """
    if name in BY_NAME:
        row = BY_NAME[name]
        return _within(row.build(), budgets.get(row.spends)) if row.build else None
    for point in entry_points(group=GROUP, name=name):
        return _within(point.load()(), budgets.get(name))
    known = sorted({*BY_NAME, *(point.name for point in entry_points(group=GROUP))})
    near = difflib.get_close_matches(name, known, 1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise UsageError(f"unknown planner {name!r}", "planner", f"{hint}Known: {', '.join(known)}.")


def _within(planner: Planner, budget: Mapping[str, float] | None) -> Planner:
    if not budget:
        return planner
    if not isinstance(planner, Budgeted):
        what = f"the planner {planner.name!r} keeps no budget"
        raise UsageError(what, "planner_budgets", "Remove it there.")
    return planner.within(budget)
