"""Planners that a policy may name."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Final

BUILT_IN_PLANNERS: Final = ("heuristic", "gemini", "auto", "scripted", "evil")
PLANNED_PLANNERS: Final = frozenset({"playbook", "openai_compatible"})
"""Names that are taken: understood, and refused until they are built."""

GROUP: Final = "battle_healer.planners"


def known_planners() -> tuple[str, ...]:
    """Built-in names, and those that installed packages offer; nothing of theirs is loaded."""
    return (*BUILT_IN_PLANNERS, *sorted(point.name for point in entry_points(group=GROUP)))
