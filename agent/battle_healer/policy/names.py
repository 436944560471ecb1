"""Planners that a policy may name."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Final

BUILT_IN_PLANNERS: Final = ("heuristic", "gemini", "auto", "scripted", "evil")
PLANNED_PLANNERS: Final = frozenset({"playbook", "openai_compatible"})
"""Names that are taken: understood, and refused until they are built."""

SPENDING_PLANNERS: Final = ("gemini",)
"""Those built in that ask a model and keep a budget; `auto` asks through `gemini`."""

GROUP: Final = "battle_healer.planners"


def known_planners() -> tuple[str, ...]:
    """Built-in names, and those that installed packages offer; nothing of theirs is loaded."""
    return (*BUILT_IN_PLANNERS, *_installed())


def budgeted_planners() -> tuple[str, ...]:
    """Names under which a policy may set a budget."""
    return (*SPENDING_PLANNERS, *_installed())


def _installed() -> list[str]:
    return sorted(point.name for point in entry_points(group=GROUP))
