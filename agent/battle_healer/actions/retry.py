"""Send the same request again, to the same place.

What it does: waits, then repeats the request unchanged.
Why it matters: most failures of the network and of overloaded servers pass by themselves.
When: an unchanged resend may help (a lost reply, a 5xx, a throttle, a key in progress).
Wait: full jitter, `chance * min(cap, base * 2^n)`, after the server's own time where it named one.
Source: "Exponential Backoff and Jitter", AWS Architecture Blog; RFC 9110, section 10.2.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from battle_healer.actions.action import Action
from battle_healer.model import Kind, Plan
from battle_healer.story import Means, Story

# Far beyond every cap; a larger exponent would only overflow.
_MOST_DOUBLINGS: Final = 32


def backoff_s(story: Story, means: Means) -> float:
    """Full jitter before the next unchanged resend, in seconds."""
    diagnosis, bounds = story.diagnosis, means.bounds
    unasked = diagnosis.kind is Kind.RATE_LIMITED and diagnosis.wait_s is None
    base = bounds.throttle_base_s if unasked else bounds.backoff_base_s
    doublings = min(story.resends, _MOST_DOUBLINGS)
    return means.chance() * min(bounds.backoff_cap_s, base * 2.0**doublings)


def _plans(story: Story, means: Means) -> Iterator[Plan]:
    if story.diagnosis.helps != "unchanged":
        return
    backoff = backoff_s(story, means)
    held = story.held_s(story.region, story.credential)
    soon = Plan(
        "retry",
        "an unchanged resend may help",
        region=story.region,
        credential=story.credential or None,
        wait_s=backoff,
    )
    yield soon
    if held > 0:
        # I3: the server's time first, then the jitter, so that callers do not return in step.
        why = "an unchanged resend may help after the server's own time"
        yield replace(soon, reason=why, wait_s=held + backoff)


ROW = Action(
    name="retry",
    does="sends the same request to the same place, after the wait and full jitter",
    when="an unchanged resend may help",
    plans=_plans,
)
