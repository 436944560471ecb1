"""Park the call: delivery goes on later, without the caller.

What it does: hands the call, without its secrets, to the store; the outcome is `queued`.
Why it matters: an outage longer than the caller's patience need not lose the work.
When: the policy names a queue, a store was given, and something could sign the call later.
Never: while a write without an honoured key may already have taken effect (I1).
"""

from __future__ import annotations

from collections.abc import Iterator

from battle_healer.actions.action import PASSING, Action
from battle_healer.model import OutcomeKind, Plan
from battle_healer.secret import Secret
from battle_healer.story import Means, Story
from battle_healer.text import has_secret_query


def _can_be_signed_later(story: Story) -> bool:
    """Whether what an entry leaves out, its secrets (I2), can be put back at delivery."""
    call = story.call
    if has_secret_query(call.path):
        return False
    unsigned = story.grant is None and not any(isinstance(v, Secret) for _, v in call.headers)
    return bool(call.destination.credentials) or unsigned


def _plans(story: Story, means: Means) -> Iterator[Plan]:
    call = story.call
    if call.endpoint.queue is None or not means.can_park or call.origin == "replay":
        return
    if not (call.replayable and _can_be_signed_later(story)):
        return
    if story.diagnosis.kind in PASSING:
        yield Plan(
            "queue",
            f"it cannot be healed in time; queue {call.endpoint.queue} may deliver it later",
            queue=call.endpoint.queue,
            ends=OutcomeKind.QUEUED,
        )


ROW = Action(
    name="queue",
    does="parks the call for later delivery",
    when="the policy names a queue, a store was given, and something could sign the call later",
    plans=_plans,
    known_as=("queue_recovery",),
)
