"""Replace a token that was refused, then send again.

What it does: one refresh for all callers who hold the same token, then a resend with the new one.
Why it matters: tokens expire by design; a thousand callers who refresh at once are a storm.
When: the credential is expired or invalid (never revoked, never for a missing scope), a refresh
or a token source is declared, and this token was not refreshed before.
Source: RFC 6749, section 6; RFC 6750, section 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from battle_healer.actions.action import Action
from battle_healer.model import Plan
from battle_healer.rules import CredentialRule
from battle_healer.story import Means, Story


def refreshable(story: Story) -> CredentialRule | None:
    """Return the declared credential through which the newest token can be replaced."""
    declared = story.call.destination.credentials
    if story.credential:
        return next((rule for rule in declared if rule.name == story.credential), None)
    return declared[0] if declared else None


def _plans(story: Story, means: Means) -> Iterator[Plan]:
    rule = refreshable(story)
    if rule is None or story.diagnosis.credential not in ("expired", "invalid", "missing"):
        return
    yield Plan(
        "refresh_credential",
        f"the token is {story.diagnosis.credential}, and credential {rule.name} can be renewed",
        region=story.region,
        credential=rule.name,
        refresh=True,
        wait_s=story.held_s(story.region, rule.name),
    )


ROW = Action(
    name="refresh_credential",
    does="gets a new token, once for all concurrent callers, and sends again",
    when="the credential is expired or invalid, and a refresh or token source is declared",
    plans=_plans,
    known_as=("refresh_token",),
)
