"""Stop, and say honestly what happened.

What it does: gives the caller the API's last answer, or the last error, as it came.
Why it matters: a truthful failure can be handled; a wrong success cannot.
When: always on the menu.
"""

from __future__ import annotations

from collections.abc import Iterator

from battle_healer.actions.action import Action
from battle_healer.model import OutcomeKind, Plan
from battle_healer.story import Means, Story


def _plans(story: Story, means: Means) -> Iterator[Plan]:
    yield Plan("abort", "an honest failure is always possible", ends=OutcomeKind.FAILED)


ROW = Action(
    name="abort",
    does="ends the call with an honest failure",
    when="always",
    plans=_plans,
)
