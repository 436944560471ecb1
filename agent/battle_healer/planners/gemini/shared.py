"""The planner of this process: built from its settings, once for each setting."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from battle_healer.planners.gemini.planner import Gemini

if TYPE_CHECKING:
    from battle_healer.settings import GeminiSettings


def gemini() -> Gemini:
    """The planner for the settings as they are now. Raises SettingsError.

    Budgets, breaker and connections are the process's, not a client's: a program that makes a
    client for every call must not get a new budget with each.
    """
    from battle_healer.settings import load_gemini  # noqa: PLC0415 -- brings in pydantic

    return _for(load_gemini())


@cache
def _for(settings: GeminiSettings) -> Gemini:
    return Gemini(settings)
