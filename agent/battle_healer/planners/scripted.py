"""A planner that follows a script: for tests, and to play a known course again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from battle_healer.commands import Abstain, Ranking
from battle_healer.model import Plan


class Scripted:
    """Chooses, at each menu, the next action of its script that is on the menu.

    script: action names; () takes the first plan of every menu. asked: the menus it was shown,
    so that a test can read what a planner sees.
    """

    name = "scripted"

    def __init__(self, script: Sequence[str] = ()) -> None:
        self._script = list(script)
        self.asked: list[tuple[tuple[Plan, ...], Mapping[str, Any]]] = []

    def rank(
        self, menu: tuple[Plan, ...], facts: Mapping[str, Any], budget_s: float
    ) -> Ranking | Abstain:
        """Put the script's next action first."""
        self.asked.append((menu, dict(facts)))
        if not self._script:
            return Ranking({menu[0].id: 1.0}, self.name, "the first plan of the menu")
        wanted = self._script.pop(0)
        for plan in menu:
            if plan.action == wanted:
                return Ranking({plan.id: 1.0}, self.name, f"the script says {wanted}")
        return Abstain("unsure")
