"""Send to the next region of the same destination.

What it does: takes the next declared region by priority that has not failed yet; one that must
be left alone for now comes after those that need not, and one that was given up comes last.
Why it matters: a region that is down for minutes outlasts every sensible backoff.
When: another region is declared, and a resend there may help. A place that only a reply names
is never used, whatever the reply says.
"""

from __future__ import annotations

from collections.abc import Iterator

from battle_healer.actions.action import Action
from battle_healer.model import Kind, Plan
from battle_healer.rules import Region, is_below
from battle_healer.story import Means, Story

_PLACES = frozenset(
    {
        Kind.CONNECT_FAILED,
        Kind.TIMEOUT,
        Kind.CONNECTION_LOST,
        Kind.UNAVAILABLE,
        Kind.SERVER_ERROR,
        Kind.MALFORMED_REPLY,
        Kind.REDIRECTED,
        Kind.REFUSED,
    }
)
_GONE = 410


def _place_may_help(story: Story) -> bool:
    diagnosis = story.diagnosis
    if diagnosis.kind is Kind.NOT_FOUND:
        return diagnosis.status == _GONE
    if diagnosis.kind is Kind.REDIRECTED:
        return True
    return diagnosis.kind in _PLACES and diagnosis.helps == "unchanged"


def _named(story: Story) -> Region | None:
    """Return the region that a redirect points at: the declared one, or a stranger (I7)."""
    location = story.diagnosis.location
    if story.diagnosis.kind is not Kind.REDIRECTED or not location:
        return None
    regions = story.call.destination.regions
    declared = [r for r in regions if is_below(location, r.url)]
    return max(declared, key=lambda r: len(r.url), default=Region("undeclared", location))


def _plans(story: Story, means: Means) -> Iterator[Plan]:
    if not _place_may_help(story):
        return
    failed = {seen.attempt.region.name for seen in story.seen}
    by_health = sorted(
        story.call.destination.regions,
        key=lambda r: (
            r.name in story.elsewhere.gone,
            story.held_s(r, story.credential) > 0,
            r.priority,
        ),
    )
    regions = [r for r in by_health if r.name not in failed]
    named = _named(story)
    if named is not None and named.name not in failed:
        regions = [named, *(r for r in regions if r != named)]
    for region in regions:
        yield Plan(
            "fail_over",
            f"region {story.region.name} does not answer well; region {region.name} may",
            region=region,
            credential=story.credential or None,
            wait_s=story.held_s(region, story.credential),
        )


ROW = Action(
    name="fail_over",
    does="sends to the next region by priority",
    when="another region is declared, and a resend there may help",
    plans=_plans,
    known_as=("switch_region",),
)
