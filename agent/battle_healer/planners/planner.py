"""The seam of choice: a planner gives a probability to each plan id, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from battle_healer.commands import Abstain, Ranking
from battle_healer.model import Plan

NONE = "none"
"""The pseudo-plan "nothing is clearly better": hands over to the heuristics, never executed."""


class Planner(Protocol):
    """Ranks a menu. Never writes a URL, header, value, pointer or delay."""

    @property
    def name(self) -> str:
        """The word by which it is chosen."""
        ...

    def rank(
        self, menu: tuple[Plan, ...], facts: Mapping[str, Any], budget_s: float
    ) -> Ranking | Abstain:
        """Give a probability for each id of the menu, within `budget_s` seconds."""
        ...


@runtime_checkable
class Budgeted(Protocol):
    """A planner that keeps a budget, and can be held to another one."""

    def within(self, budget: Mapping[str, float]) -> Planner:
        """The same planner, with the same things spent, for whom these rows hold.

        budget: rows of `rules.PlannerBudget` that a policy sets.
        """
        ...


def best(ranking: Ranking, menu: tuple[Plan, ...]) -> Plan | None:
    """The plan that a ranking puts first; None where the ranking is not usable.

    Unusable: ids that are not on the menu, what is no probability, all zeros, or `none` first.
    Ties go to the earlier plan of the menu.
    """
    known = {plan.id for plan in menu} | {NONE}
    chances: Any = ranking.probabilities  # a planner of others: of any type
    if not isinstance(chances, Mapping) or not all(
        key in known and is_probability(value) for key, value in chances.items()
    ):
        return None
    top = max(menu, key=lambda plan: chances.get(plan.id, 0.0))
    if chances.get(top.id, 0.0) <= max(0.0, chances.get(NONE, 0.0)):
        return None
    return top


def is_probability(value: object) -> bool:
    """Whether this is a number from 0 to 1."""
    # No conversion: an integer may be beyond every float. Comparison refuses NaN too.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
