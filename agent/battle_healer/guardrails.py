"""The invariants as vetoes: every planner chooses only among plans that these rows let pass.

A row answers one question about one plan and tells in our words why not. The rows are data of
an episode, so that a test can show what happens without them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from battle_healer.model import OutcomeKind, Plan, Refused
from battle_healer.rules import IDEMPOTENT_METHODS, Bounds
from battle_healer.story import Story

_SLACK_S: Final = 1e-6  # what floating-point addition of a wait may lose

Objection = Callable[[Plan, Story, Bounds], str | None]


@dataclass(frozen=True, slots=True)
class Guardrail:
    """One invariant. `objects` gives the reason for a veto, or None to let the plan pass."""

    invariant: str
    title: str
    objects: Objection


def _no_double_effect(plan: Plan, story: Story, bounds: Bounds) -> str | None:
    """I1: what may have been processed is sent again only where that cannot act twice."""
    if not (plan.sends or plan.ends is OutcomeKind.QUEUED):
        return None
    if not story.call.replayable:
        return "the body was sent on without being kept, so it cannot be sent again whole"
    if story.may_have_acted and not story.call.is_repeatable:
        honour = story.call.endpoint.idempotency
        unprotected = f"its key is {honour} there" if story.call.key else "no key protects it"
        return f"{story.call.method} may already have taken effect, and {unprotected}"
    if not key_protects(story, _signer(plan, story)):
        return "its key is known to the account that sent it, and this credential may be another's"
    return None


def _signer(plan: Plan, story: Story) -> str:
    """Whose account the next attempt acts for: a credential's name, "" for the caller's own."""
    if not plan.sends:
        return story.signer_later
    if plan.refresh and story.diagnosis.credential == "expired":
        # It renews the token that was used; the loop looks again at what comes of it. A token
        # that is unknown now may be replaced by one of a new account.
        return story.credential
    return plan.credential or ""


def key_protects(story: Story, credential: str) -> bool:
    """Whether nothing acts twice if the next attempt is signed by `credential` ("": caller's own).

    Idempotency keys count per account, so each attempt that may have acted must have been signed
    by the same credential, or by one that declares the same account.
    """
    if story.call.method in IDEMPOTENT_METHODS:
        return True
    accounts = {rule.name: rule.account for rule in story.call.destination.credentials}
    acted = (seen.attempt.grant for seen in story.seen if seen.diagnosis.processed != "no")
    return all(
        (grant.name or "") == credential
        or (
            accounts.get(credential) is not None
            and accounts.get(grant.name or "") == accounts[credential]
        )
        for grant in acted
        if grant is not None
    )


def _secrets_stay(plan: Plan, story: Story, bounds: Bounds) -> str | None:
    """I2: a credential goes only to the origins that it is declared for."""
    if plan.region is None or (plan.credential is None and story.grant is None):
        return None
    destination = story.call.destination
    if plan.region.origin not in destination.origins:
        return "the credential is not declared for that address"
    if plan.credential and all(plan.credential != c.name for c in destination.credentials):
        return f"credential {plan.credential} is not declared for {destination.name}"
    return None


def _waits_are_obeyed(plan: Plan, story: Story, bounds: Bounds) -> str | None:
    """I3: no attempt before the server's own time, whichever call was told."""
    if plan.region is None:
        return None
    held = story.held_s(plan.region, plan.credential or "")
    if held > 0 and held > plan.wait_s + _SLACK_S:
        return f"nothing may go there for {held:.3g} s yet, the plan waits {plan.wait_s:.3g} s"
    return None


def _bounded(plan: Plan, story: Story, bounds: Bounds) -> str | None:
    """I4: every call ends, and none becomes a storm."""
    if not plan.sends:
        return None
    if story.diagnosis.retry_budget is not None and story.diagnosis.retry_budget <= 0:
        return "the server says that its retry budget is spent"
    if story.requests >= bounds.requests:
        return f"the bound of {bounds.requests} requests a call is reached"
    if plan.wait_s >= story.remaining_s:
        left = max(0.0, story.remaining_s)
        return f"a wait of {plan.wait_s:.3g} s does not fit the {left:.3g} s that are left"
    return _BOUND_OF_ACTION.get(plan.action, _unbounded)(plan, story, bounds)


def _unbounded(plan: Plan, story: Story, bounds: Bounds) -> str | None:
    return None


def _resends(plan: Plan, story: Story, bounds: Bounds) -> str | None:
    if story.was_begun and story.diagnosis.wait_s and isinstance(story.last.trouble, Refused):
        # Nothing was sent, so nothing was tried in vain: the deadline bounds these waits. A call
        # that never began ends sooner, so that its caller can go elsewhere.
        return None
    done = story.resends
    if done >= bounds.resends:
        return f"{done} unchanged resends to {story.region.name} did not help"
    return None


def _refreshes(plan: Plan, story: Story, bounds: Bounds) -> str | None:
    digest = story.grant.token.digest() if story.grant else ""
    if story.refreshed.count(digest) >= bounds.refreshes:
        return "this token was refreshed already"
    # A fresh token that is refused as well will not be cured by yet another one.
    if len(story.refreshed) > story.rotations:
        return "the token is fresh, and still refused"
    return None


def _rotations(plan: Plan, story: Story, bounds: Bounds) -> str | None:
    return "the bound of rotations is reached" if story.rotations >= bounds.rotations else None


def _repairs(plan: Plan, story: Story, bounds: Bounds) -> str | None:
    return "the bound of repairs is reached" if story.repairs >= bounds.repairs else None


def _fail_overs(plan: Plan, story: Story, bounds: Bounds) -> str | None:
    most = len(story.call.destination.regions) - 1
    return "every declared region was tried" if story.fail_overs >= most else None


_BOUND_OF_ACTION: Final[dict[str, Objection]] = {
    "retry": _resends,
    "refresh_credential": _refreshes,
    "rotate_credential": _rotations,
    "repair_request": _repairs,
    "fail_over": _fail_overs,
}


def _meaning_is_kept(plan: Plan, story: Story, bounds: Bounds) -> str | None:
    """I5: no protected field is touched, no value is invented."""
    for operation in plan.operations:
        for pointer in operation.pointers:
            for protected in story.call.endpoint.protected:
                if _overlap(pointer, protected):
                    return f"{protected} is protected by the policy"
        if not operation.evidence:
            return f"nothing in the exchange is evidence for {operation.op} {operation.path}"
    return None


def _overlap(one: str, other: str) -> bool:
    """Whether one pointer is the other, or lies above it."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _honest(plan: Plan, story: Story, bounds: Bounds) -> str | None:
    """I6: a substitute is no write, and half an answer to a read is no delivery."""
    call = story.call
    if plan.ends is OutcomeKind.DEGRADED and not call.is_read:
        declared = call.endpoint.degrade
        if declared is None or not declared.writes:
            return "a substitute would pretend that the write took place"
    if plan.adapted is not None and not plan.adapted.complete and call.is_read:
        return "the answer lacks what the contract requires, and a read can fail honestly"
    return None


def _text_is_data(plan: Plan, story: Story, bounds: Bounds) -> str | None:
    """I7: no address, and no absurd delay, comes from a reply."""
    if plan.region is not None and plan.region not in story.call.destination.regions:
        return "only a reply names that address; the policy does not"
    if not math.isfinite(plan.wait_s) or plan.wait_s < 0:
        return "the wait is no time"
    return None


GUARDRAILS: Final[tuple[Guardrail, ...]] = (
    Guardrail("I1", "no double effect", _no_double_effect),
    Guardrail("I2", "secrets stay", _secrets_stay),
    Guardrail("I3", "waits are obeyed", _waits_are_obeyed),
    Guardrail("I4", "bounded", _bounded),
    Guardrail("I5", "meaning is kept", _meaning_is_kept),
    Guardrail("I6", "honest", _honest),
    Guardrail("I7", "upstream text is data", _text_is_data),
)
BY_INVARIANT: Final = {row.invariant: row for row in GUARDRAILS}


def markdown() -> str:
    """Return the rows as a table for docs."""
    rows = (
        f"| {g.invariant} | {g.title} | {(g.objects.__doc__ or '').partition(': ')[2]} |"
        for g in GUARDRAILS
    )
    return "| id | invariant | what is vetoed |\n|---|---|---|\n" + "\n".join(rows) + "\n"
