"""Give a labelled substitute: a stale answer, or a mock.

What it does: takes the first tier that has something: stale cache, file, example, schema, post.
Why it matters: for many reads an old answer, clearly labelled, is better than none.
When: the policy says so, or the server itself labelled its answer stale or mocked.
Never: for a write unless declared, and never without its label (I6).
"""

from __future__ import annotations

from collections.abc import Iterator

from battle_healer.actions.action import PASSING, Action
from battle_healer.model import Kind, OutcomeKind, Plan
from battle_healer.story import Means, Story

LABELLED = "labelled"
"""The tier of an answer that the server itself labelled stale or mocked."""


def _plans(story: Story, means: Means) -> Iterator[Plan]:
    if story.diagnosis.kind is Kind.SUBSTITUTED:
        why = "the server itself labelled its answer a substitute"
        yield Plan("degrade", why, tier=LABELLED, ends=OutcomeKind.DEGRADED)
        return
    declared = story.call.endpoint.degrade
    drifted = story.diagnosis.kind is Kind.DRIFTED
    if declared is None or story.call.origin == "replay":
        return
    if not (drifted or story.diagnosis.kind in PASSING):
        return
    for tier in declared.tiers:
        if tier == "stale" and not means.has_stale(story.call):
            continue
        yield Plan(
            "degrade",
            f"the policy allows a substitute of tier {tier}",
            tier=tier,
            ends=OutcomeKind.DEGRADED,
        )


ROW = Action(
    name="degrade",
    does="gives a stale or mocked answer, labelled as such",
    when="the policy says so; never for a write unless declared",
    plans=_plans,
    known_as=("use_mock",),
)
