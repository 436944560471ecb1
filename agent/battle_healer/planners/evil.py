"""A planner that wants harm: it picks what is most dangerous of what it is offered.

It exists to prove that a planner cannot do harm, whatever it ranks: for tests and for people
who want to see it. It gives up after some sends, so that a run without guardrails ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from battle_healer.commands import Abstain, Ranking
from battle_healer.model import Plan

_WORST_FIRST: Final = (
    "degrade",
    "repair_request",
    "retry",
    "fail_over",
    "rotate_credential",
    "refresh_credential",
    "queue",
    "adapt_response",
    "abort",
)
PATIENCE: Final = 30
"""Requests of one call after which it loses interest."""


class Evil:
    """Sends again whenever it may, as early as it may, wherever it may."""

    name = "evil"

    def rank(
        self, menu: tuple[Plan, ...], facts: Mapping[str, Any], budget_s: float
    ) -> Ranking | Abstain:
        """Put the worst plan first."""
        tired = int(facts.get("requests", 0)) >= PATIENCE
        worst = menu[-1] if tired else min(menu, key=_harm)
        return Ranking({worst.id: 1.0}, self.name, "the most harmful plan on offer")


def _harm(plan: Plan) -> tuple[int, float]:
    return _WORST_FIRST.index(plan.action), plan.wait_s
