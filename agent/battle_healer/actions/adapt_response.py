"""Bring a drifted answer into the shape that the caller knows, without asking again.

What it does: renames, moves and casts what the answer holds; what it does not hold stays absent.
Why it matters: the work is done, only its description changed; a resend would do it twice.
When: the policy says `adapt: on`, and an expected shape is declared.
Never: a field filled from something that merely looks like it (I5).
"""

from __future__ import annotations

from collections.abc import Iterator

from battle_healer.actions.action import Action
from battle_healer.adapt import adapt
from battle_healer.model import Kind, OutcomeKind, Plan, Reply
from battle_healer.story import Means, Story


def _plans(story: Story, means: Means) -> Iterator[Plan]:
    reply, endpoint = story.last.trouble, story.call.endpoint
    if story.diagnosis.kind is not Kind.DRIFTED or not isinstance(reply, Reply):
        return
    if not endpoint.adapt or endpoint.response_schema is None or not reply.body:
        return
    adapted = adapt(reply.body, endpoint.response_schema)
    if adapted is None:
        return
    count = len(adapted.operations)
    changes = "1 operation brings" if count == 1 else f"{count} operations bring"
    whole = "meets the contract" if adapted.complete else "fills what is known, the rest is absent"
    yield Plan(
        "adapt_response",
        f"the answer drifted; {changes} it back: it {whole}",
        adapted=adapted,
        ends=OutcomeKind.DELIVERED,
    )


ROW = Action(
    name="adapt_response",
    does="maps a drifted answer into the expected shape, with evidence; sends nothing",
    when="the policy says `adapt: on`, and an expected shape is known",
    plans=_plans,
    known_as=("adapt_schema", "infer_schema"),
)
