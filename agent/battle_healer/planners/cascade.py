"""Asks a model only where the heuristics are not sure, and lets them choose everything else.

What it does: looks up the row of the heuristic table; where the row is sure nothing is asked,
where it is not the model is, and where the model does not say the heuristics choose after all.
`healer explain KIND` shows for each kind of trouble whether its row is sure, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from battle_healer.commands import Abstain, Ranking
from battle_healer.model import Kind, Plan
from battle_healer.planners import heuristic
from battle_healer.planners.gemini.planner import gemini
from battle_healer.planners.planner import Budgeted, Planner

NAME: Final = "auto"


class Cascade:
    """A planner made of planners: the sure rows of the heuristics, then a model."""

    name = NAME

    def __init__(self, model: Planner) -> None:
        self.model = model

    def rank(
        self, menu: tuple[Plan, ...], facts: Mapping[str, Any], budget_s: float
    ) -> Ranking | Abstain:
        """Ask the model where the row is not sure; abstains where it is."""
        row = heuristic.row_for(Kind(facts["kind"]))
        if row.sure:
            return Abstain("sure", f"the heuristics are sure: {row.why}")
        return self.model.rank(menu, facts, budget_s)

    def within(self, budget: Mapping[str, float]) -> Cascade:
        """The cascade whose model is held to a budget."""
        return Cascade(
            self.model.within(budget) if isinstance(self.model, Budgeted) else self.model
        )


def auto() -> Cascade:
    """The cascade over the process's Gemini. Raises SettingsError."""
    return Cascade(gemini())
