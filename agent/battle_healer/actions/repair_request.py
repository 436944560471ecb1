"""Mend the request where the error or the contract names what is wrong, then send again.

What it does: a JSON Patch of the body, each operation with its evidence; the key stays.
Why it matters: a renamed field fails every retry alike, and the server has just said its new name.
When: the policy says `repair: on`, and the error or the contract names the change.
Never: an invented value, or a field that the policy protects (I5).
Source: RFC 6902 (JSON Patch), RFC 6901 (JSON Pointer).
"""

from __future__ import annotations

from collections.abc import Iterator

from battle_healer.actions.action import Action
from battle_healer.model import Attempt, Kind, Plan
from battle_healer.repair import repair
from battle_healer.story import Means, Story
from battle_healer.text import safe

_MENDABLE = frozenset({Kind.INVALID_REQUEST, Kind.CONFLICT})


def content_type(attempt: Attempt) -> str:
    """Return the media type of an attempt's body, lower case, without parameters."""
    for name, value in attempt.call.headers:
        if name.lower() == "content-type" and isinstance(value, str):
            return value.partition(";")[0].strip().lower()
    return ""


def _plans(story: Story, means: Means) -> Iterator[Plan]:
    attempt, endpoint = story.last.attempt, story.call.endpoint
    if not endpoint.repair or attempt.body is None or story.diagnosis.kind not in _MENDABLE:
        return
    repaired = repair(
        attempt.body,
        content_type(attempt),
        story.diagnosis,
        endpoint.request_schema,
        may_clamp=endpoint.may_clamp,
    )
    if repaired is None or repaired.body == attempt.body:
        return
    touched = ", ".join(dict.fromkeys(p for op in repaired.operations for p in op.pointers))
    yield Plan(
        "repair_request",
        f"the error names the change: {safe(touched)}",
        region=story.region,
        credential=story.credential or None,
        wait_s=story.held_s(story.region, story.credential),
        operations=repaired.operations,
        body=repaired.body,
    )


ROW = Action(
    name="repair_request",
    does="mends the request where the error names the change, and sends it again",
    when="the policy says `repair: on`, and the error or the contract names the change",
    plans=_plans,
    known_as=("repair_payload", "rewrite_request"),
)
