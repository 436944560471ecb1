"""The double and planners of the Gemini room, for adversaries too."""

from tests.agent.planners.gemini.conftest import double, no_settings, planner, running_double

__all__ = ["double", "no_settings", "planner", "running_double"]
