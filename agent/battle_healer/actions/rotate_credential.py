"""Send again with the next credential of the pool.

What it does: takes the next declared credential by tier (primary, backup, free-tier).
Why it matters: a spent quota or an empty balance stays spent; another account may have some left.
When: quota spent, payment required, a credential revoked, or invalid after its refresh; for a
missing scope only where the policy says which credential has it. Never for a throttle, which
binds the destination whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterator

from battle_healer.actions.action import Action
from battle_healer.actions.refresh_credential import refreshable
from battle_healer.actions.retry import backoff_s
from battle_healer.gates.pacer import SPENT
from battle_healer.model import Kind, Plan
from battle_healer.rules import CredentialRule
from battle_healer.story import Means, Story


def _refresh_is_over(story: Story) -> bool:
    rule = refreshable(story)
    if rule is None or story.is_barred("refresh_credential", rule.name, story.region.name):
        return True
    return bool(story.refreshed)


def _cause(story: Story) -> str | None:
    diagnosis = story.diagnosis
    if story.weighs_as in SPENT:
        return "what this credential may use is spent"
    if diagnosis.credential == "revoked":
        return "this credential was revoked"
    if diagnosis.credential in ("invalid", "expired") and _refresh_is_over(story):
        return "this credential stays refused after its refresh"
    return None


def _fits(rule: CredentialRule, story: Story) -> bool:
    scope = story.diagnosis.names_scope
    if story.diagnosis.kind is Kind.PERMISSION_DENIED:
        return scope is not None and scope in rule.scopes
    return True


def _plans(story: Story, means: Means) -> Iterator[Plan]:
    cause = _cause(story)
    if story.diagnosis.kind is Kind.PERMISSION_DENIED:
        cause = "another credential has the scope that the reply says is missing"
    if cause is None:
        return
    # What may be over by itself is given its time, whoever signs.
    backoff = backoff_s(story, means) if story.diagnosis.helps == "unchanged" else 0.0
    for rule in story.call.destination.credentials:
        if rule.name not in story.used and _fits(rule, story):
            yield Plan(
                "rotate_credential",
                f"{cause}; credential {rule.name} ({rule.tier}) is next",
                region=story.region,
                credential=rule.name,
                wait_s=story.held_s(story.region, rule.name) + backoff,
            )


ROW = Action(
    name="rotate_credential",
    does="sends again with the next credential of the pool",
    when="quota spent, payment required, credential revoked, or invalid after its refresh",
    plans=_plans,
)
