"""How a story is told at its end: the outcome, its reason, and what a store is given."""

from __future__ import annotations

from dataclasses import replace

from battle_healer.actions.action import PASSING
from battle_healer.model import (
    Entry,
    Kind,
    Lost,
    Outcome,
    OutcomeKind,
    Plan,
    Processed,
    Refused,
    Reply,
    Trouble,
)
from battle_healer.rules import Rules
from battle_healer.secret import Secret
from battle_healer.story import Seen, Story
from battle_healer.text import safe


def outcome_of_story(story: Story, kind: OutcomeKind, name: str, reason: str) -> Outcome:
    """The outcome of a story that ends now. name: the episode's id. reason: in our words."""
    call, trouble = story.call, story.answered.trouble
    delivered = kind is OutcomeKind.DELIVERED
    return Outcome(
        kind=kind,
        effect=story.effect(delivered=delivered),
        reason=reason,
        status=trouble.status if isinstance(trouble, Reply) else None,
        steps=story.steps,
        requests=story.requests,
        refreshes=len(story.refreshed),
        call_id=call.id,
        correlation_id=call.correlation_id,
        episode=name,
        destination=call.destination.name,
        endpoint=call.endpoint.name,
        region=story.answered.attempt.region.name,
        body="passed" if isinstance(trouble, Reply) and trouble.body is None else "kept",
    )


def give_up(story: Story, name: str) -> Outcome:
    """The outcome of an abort: a failure, except of what the API has answered after all.

    A redirect that is not followed is an answer like any other.
    A write whose 2xx answer cannot be brought to its contract was still delivered: it is never
    re-sent, and `verified` says that its answer is not what was promised.
    """
    if _was_accepted(story) and not story.call.is_read:
        why = "the write was accepted; its answer does not meet the contract"
        outcome = outcome_of_story(story, OutcomeKind.DELIVERED, name, why)
        return replace(outcome, verified=False)
    if _is_answered_by_redirect(story):
        return outcome_of_story(story, OutcomeKind.DELIVERED, name, "the API answered: elsewhere")
    outcome = outcome_of_story(story, OutcomeKind.FAILED, name, reason_of(story))
    return replace(outcome, not_yet_s=_not_yet_s(story))


def not_yet(story: Story, name: str, wait_s: float) -> Outcome:
    """The outcome of a replay that would have to wait longer than a worker holds a call."""
    what = f"{story.diagnosis.kind.value.replace('_', ' ')}{_cause(story.last.trouble)}"
    why = f"{what}: not yet, the next attempt may go out in {wait_s:.3g} s"
    outcome = outcome_of_story(story, OutcomeKind.FAILED, name, why)
    return replace(outcome, not_yet_s=wait_s)


def _not_yet_s(story: Story) -> float | None:
    """When a replay that gives up may be tried again; None where that would not help."""
    call = story.call
    if call.origin != "replay" or story.diagnosis.kind not in PASSING:
        return None
    if story.may_have_acted and not call.is_repeatable:
        return None
    names = {story.credential, *(rule.name for rule in call.destination.credentials)}
    return min(story.held_s(r, name) for r in call.destination.regions for name in names)


def _was_accepted(story: Story) -> bool:
    """Whether the newest reply is the API's own success, though not as its contract says."""
    if story.diagnosis.kind is Kind.DRIFTED:
        return True
    is_useless = story.diagnosis.kind is Kind.MALFORMED_REPLY
    has_contract = story.call.endpoint.response_schema is not None
    return is_useless and has_contract and story.diagnosis.processed == "yes"


def _is_answered_by_redirect(story: Story) -> bool:
    """Whether the newest reply sends the caller elsewhere, and keeps all that was promised.

    Of a write it says so only where the API says that it was processed: the same status answers
    one that was made, one that has to be made elsewhere, and one whose session has ended. Under a
    contract it is not the answer that was agreed.
    """
    diagnosis, call = story.diagnosis, story.call
    if diagnosis.kind is not Kind.REDIRECTED or call.endpoint.response_schema is not None:
        return False
    return call.is_read or diagnosis.processed == "yes"


def reason_of(story: Story) -> str:
    """Why no more was done: what happened, then each veto once, in our words."""
    # What the API said, and then who of ours refused to ask it again.
    parts = [_word(seen) for seen in (story.answered, story.last)]
    if story.steps:
        parts += [f"no {veto.action}: {veto.why}" for veto in story.steps[-1].vetoes]
    return "; ".join([*dict.fromkeys(parts), *_would_be_possible(story)])


def _word(seen: Seen) -> str:
    return seen.diagnosis.kind.value.replace("_", " ") + _cause(seen.trouble)


def _cause(trouble: Trouble) -> str:
    match trouble:
        case Reply(status):
            return f" (status {status})"
        case Refused(gate):
            return f" ({safe(gate)})"
        case Lost():
            return ""


def _would_be_possible(story: Story) -> list[str]:
    """What the operator could declare, so that this failure would have had a cure."""
    call, kind = story.call, story.diagnosis.kind
    wishes: list[str] = []
    if call.key and not call.is_keyed and story.may_have_acted and not call.is_repeatable:
        wishes.append("a key protects only where the policy says `idempotency: honoured`")
    if kind is Kind.INVALID_REQUEST and story.diagnosis.hints and not call.endpoint.repair:
        wishes.append("`repair: on` would let the named change be made")
    if kind is Kind.DRIFTED and not call.endpoint.adapt:
        wishes.append("`adapt: on` would bring the answer into the declared shape")
    if kind in (Kind.CREDENTIAL_EXPIRED, Kind.CREDENTIAL_INVALID) and not (
        call.destination.credentials
    ):
        wishes.append("a credential with a refresh, declared in the policy, would heal this")
    return wishes


def entry_of(story: Story, plan: Plan, rules: Rules) -> Entry:
    """What a store is given: the call as it was first meant, without secrets (I2)."""
    call = story.call
    processed: Processed = "maybe" if story.may_have_acted else "no"
    return Entry(
        call_id=call.id,
        correlation_id=call.correlation_id,
        tenant=call.tenant,
        destination=call.destination.name,
        region=call.home.name,
        queue=plan.queue or "",
        method=call.method,
        url=call.home.url + call.path,
        headers=tuple((n, v) for n, v in call.headers if not isinstance(v, Secret)),
        body=call.body,
        key=call.key,
        credential_ref=story.signer_later or None,
        policy=call.destination.policy,
        error=reason_of(story),
        processed=processed,
        not_before_s=story.held_s(call.home, story.credential),
        repeatable=call.is_repeatable,
        rule=rules.queue(plan.queue or ""),
    )
