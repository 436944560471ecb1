"""The healing loop, written once and without I/O.

It yields commands and is sent what came of them; a driver carries them out. Clock and chance are
passed in. The happy path never comes here.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from battle_healer.actions.action import Action
from battle_healer.actions.degrade import LABELLED
from battle_healer.actions.table import ACTIONS
from battle_healer.choosing import choose
from battle_healer.clock import Clock
from battle_healer.commands import (
    Acquire,
    Answer,
    Command,
    Denied,
    Note,
    Park,
    Refresh,
    Send,
    Substitute,
    Wait,
)
from battle_healer.diagnosis import diagnose, is_stale, verified
from battle_healer.endings import entry_of, give_up, not_yet, outcome_of_story
from battle_healer.gates.told import Told
from battle_healer.guardrails import GUARDRAILS, Guardrail
from battle_healer.menu import compose
from battle_healer.model import (
    Adapted,
    Attempt,
    Call,
    Grant,
    Lost,
    Outcome,
    OutcomeKind,
    Parked,
    Plan,
    Refused,
    Reply,
    Step,
    Trouble,
)
from battle_healer.rules import Bounds, Region, Rules
from battle_healer.story import Story
from battle_healer.text import safe

Dialogue = Generator[Command, Answer, "Ending"]

_PATIENCE_OF_A_REPLAY_S: Final = 2.0  # a longer wait is the queue's


def never(call: Call) -> bool:
    """No cache: nothing is ever stale."""
    return False


def nothing(call: Call) -> Told:
    """No gates: nobody else was told anything."""
    return Told()


@dataclass(frozen=True, slots=True)
class Kit:
    """What an episode needs of its surroundings, without I/O.

    chance: uniform in [0, 1). new_id: `"ep"` gives `ep-` and a uuid7.
    planner: whose word the program gave, over what the policy says; None for the policy's.
    `heuristic` is consulted inline, any other name through `Ask`.
    guardrails: the vetoes; empty only to show what harm they prevent.
    told: what other calls were told that binds this one too.
    """

    clock: Clock
    chance: Callable[[], float]
    new_id: Callable[[str], str]
    rules: Rules = field(default_factory=Rules)
    planner: str | None = None
    guardrails: tuple[Guardrail, ...] = GUARDRAILS
    actions: tuple[Action, ...] = ACTIONS
    can_park: bool = False
    has_stale: Callable[[Call], bool] = never
    told: Callable[[Call], Told] = nothing

    @property
    def bounds(self) -> Bounds:
        """The table of I4."""
        return self.rules.bounds


@dataclass(frozen=True, slots=True)
class Ending:
    """How the episode ended. trouble: whose `handle` the caller gets.

    body: the new body of an adapted answer, which replaces that of `trouble`.
    """

    outcome: Outcome
    trouble: Trouble
    body: bytes | None = None


def episode(attempt: Attempt, trouble: Trouble, kit: Kit) -> Dialogue:
    """Heal a call whose first attempt ended in `trouble`.

    Never waits, sends or reads a clock of its own. Ends because `abort` is on every menu, and the
    guardrails stop offering anything else once a bound of I4 is reached.
    """
    name = kit.new_id("ep")
    yield Note("EPISODE_BEGUN", _begun(name, attempt, trouble))
    attempt, trouble = yield from _patiently(attempt, trouble, kit)
    story = _saw(Story(attempt.call, kit.clock.now()), attempt, trouble, kit)
    while story.diagnosis.is_failure:
        menu = compose(story, kit, kit.actions, kit.guardrails)
        choice = yield from choose(menu, story, _planner(story.call, kit), kit.bounds)
        step = choice.step(menu, story)
        story = story.chose(choice.plan, step)
        yield Note("STEP", _told(step, story))
        story, ending = yield from _carry_out(choice.plan, story, kit, name)
        if ending is not None:
            return ending
    last = story.last
    outcome = outcome_of_story(story, OutcomeKind.DELIVERED, name, "the API answered")
    return Ending(replace(outcome, verified=verified(last.attempt, last.trouble)), last.trouble)


def _saw(
    story: Story, attempt: Attempt, trouble: Trouble, kit: Kit, *, unchanged: bool = False
) -> Story:
    # The gates may have asked already, and a long body is not read twice.
    known = trouble.diagnosis if isinstance(trouble, Reply) else None
    diagnosis = known or diagnose(attempt, trouble, kit.clock.wall())
    story = story.saw(attempt, trouble, diagnosis, kit.clock.now(), unchanged=unchanged)
    return story.heard(kit.told(attempt.call)) if diagnosis.is_failure else story


def _send(attempt: Attempt) -> Generator[Command, Answer, Trouble]:
    answer = yield Send(attempt)
    if not isinstance(answer, (Reply, Lost, Refused)):
        raise TypeError(f"a driver answered Send with {type(answer).__name__}")
    return answer


def _patiently(
    attempt: Attempt, trouble: Trouble, kit: Kit
) -> Generator[Command, Answer, tuple[Attempt, Trouble]]:
    """Give a gate the time that it asks for, and send then: no decision, so no step either.

    What is not there in time is for the menu; so is what another place or credential may cure.
    """
    while isinstance(trouble, Refused) and trouble.patient:
        # I3: the server's time first, then jitter, so that callers do not return in step.
        wait_s = trouble.wait_s + kit.chance() * kit.bounds.backoff_base_s
        left_s = attempt.call.deadline - kit.clock.now()
        if wait_s >= left_s or _is_the_queues(attempt.call, wait_s):
            break
        where = attempt.region.name
        yield Note("HELD", {"region": where, "gate": trouble.gate, "wait_s": wait_s})
        yield Wait(wait_s)
        granted = yield from _signature(attempt, kit)
        if isinstance(granted, Denied):
            return attempt, Refused(f"credential: {granted.why}")
        left_s = attempt.call.deadline - kit.clock.now()
        after = None if trouble.paid else attempt.after
        attempt = replace(attempt, grant=granted, timeout_s=left_s, after=after)
        trouble = yield from _send(attempt)
    return attempt, trouble


def _is_the_queues(call: Call, wait_s: float) -> bool:
    """Whether a wait is the queue's: nobody waits for a replay, and its worker has others."""
    return call.origin == "replay" and wait_s > _PATIENCE_OF_A_REPLAY_S


def _signature(attempt: Attempt, kit: Kit) -> Generator[Command, Answer, Grant | Denied | None]:
    """What an attempt is signed with; one that was refused at first may lack it still."""
    call = attempt.call
    if attempt.grant is not None or call.own is not None:
        return attempt.grant
    signer = call.destination.signer(kit.told(call).spent)
    if signer is None:
        return None
    answer = yield Acquire(call, attempt.region, signer)
    return answer if isinstance(answer, (Grant, Denied)) else Denied("nobody gave one")


def _planner(call: Call, kit: Kit) -> str:
    """Whose word counts: the program's, then the endpoint's, the destination's, the policy's."""
    return kit.planner or call.endpoint.planner or call.destination.planner or kit.rules.planner


def _begun(name: str, attempt: Attempt, trouble: Trouble) -> dict[str, Any]:
    """What whoever watches is told of a first trouble, before anything is decided."""
    return {
        "episode": name,
        "region": attempt.region.name,
        "status": trouble.status if isinstance(trouble, Reply) else None,
        "lost": trouble.phase if isinstance(trouble, Lost) else None,
        "gate": safe(trouble.gate) if isinstance(trouble, Refused) else None,
    }


def _told(step: Step, story: Story) -> dict[str, Any]:
    """What whoever watches is told of a step; safe to print."""
    trouble, diagnosis = story.last.trouble, story.diagnosis
    return {
        "call": story.call.id,
        "correlation_id": story.call.correlation_id,
        "region": story.region.name,
        "step": step,
        "processed": diagnosis.processed,
        "evidence": diagnosis.evidence,
        "request": story.requests,
        "status": trouble.status if isinstance(trouble, Reply) else None,
        "elapsed_s": story.now - story.call.began,
    }


Carried = Generator[Command, Answer, tuple[Story, Ending | None]]


def _carry_out(plan: Plan, story: Story, kit: Kit, name: str) -> Carried:
    """Turn one plan into commands; a plan that fails is barred, and the loop chooses again."""
    if plan.region is not None:
        if _is_the_queues(story.call, plan.wait_s):
            return story, Ending(not_yet(story, name, plan.wait_s), story.answered.trouble)
        return (yield from _resend(plan, plan.region, story, kit))
    if plan.adapted is not None:
        return story, _adapted(plan.adapted, plan.reason, story, name)
    if plan.ends is OutcomeKind.DEGRADED:
        return (yield from _substitute(plan, story, kit, name))
    if plan.ends is OutcomeKind.QUEUED:
        return (yield from _park(plan, story, kit, name))
    return story, Ending(give_up(story, name), story.answered.trouble)


def _resend(plan: Plan, region: Region, story: Story, kit: Kit) -> Carried:
    last = story.last.attempt
    grant = last.grant
    signer = plan.credential or story.signer
    if plan.wait_s > 0:
        # First, since the server's time (I3) holds for a renewal there too.
        yield Wait(plan.wait_s)
    if plan.refresh or signer != story.credential:
        granted = yield _token_command(plan, region, signer, story)
        if not isinstance(granted, Grant) or _is_strangers(granted, plan, story, kit):
            return story.bar(plan, kit.clock.now()), None
        grant = granted
        if plan.refresh:
            story = story.refreshed_token(_digest(last.grant), kit.clock.now())
    left_s = story.call.deadline - kit.clock.now()
    if left_s <= 0:
        # A planner or a renewal took what was left: nothing is begun that cannot be ended.
        return story.bar(plan, kit.clock.now()), None
    attempt = replace(
        last,
        # A refusal of our own gates was no send: its ordinal is used again.
        ordinal=story.requests + 1,
        region=region,
        grant=grant,
        body=last.body if plan.body is None else plan.body,
        timeout_s=left_s,
        after=story.cause(region),
    )
    attempt, trouble = yield from _patiently(attempt, (yield from _send(attempt)), kit)
    return _saw(story, attempt, trouble, kit, unchanged=plan.action == "retry"), None


def _is_strangers(granted: Grant, plan: Plan, story: Story, kit: Kit) -> bool:
    """I1: a refresh may end in another credential's token, whose account knows no key of ours."""
    signed = replace(plan, credential=granted.name, refresh=False)
    return any(
        row.invariant == "I1" and row.objects(signed, story, kit.bounds) for row in kit.guardrails
    )


def _digest(grant: Grant | None) -> str:
    return grant.token.digest() if grant else ""


def _token_command(plan: Plan, region: Region, credential: str, story: Story) -> Acquire | Refresh:
    if not plan.refresh:
        return Acquire(story.call, region, credential)
    trouble = story.last.trouble
    status = trouble.status if isinstance(trouble, Reply) else 0
    used = story.grant.token if story.grant else None
    return Refresh(story.call, region, credential, used, status)


def _adapted(adapted: Adapted, reason: str, story: Story, name: str) -> Ending:
    reply = story.last.trouble
    outcome = outcome_of_story(story, OutcomeKind.DELIVERED, name, reason)
    original = reply.body if isinstance(reply, Reply) else None
    outcome = replace(
        outcome, verified=adapted.complete, adapted=adapted.operations, original=original
    )
    return Ending(outcome, reply, adapted.body)


def _substitute(plan: Plan, story: Story, kit: Kit, name: str) -> Carried:
    reply: Answer = story.last.trouble
    if plan.tier is not None and plan.tier != LABELLED:
        reply = yield Substitute(story.call, story.region, plan.tier, story.diagnosis.kind.value)
    if not isinstance(reply, Reply):
        return story.bar(plan, kit.clock.now()), None
    outcome = outcome_of_story(story, OutcomeKind.DEGRADED, name, plan.reason)
    outcome = replace(
        outcome, status=reply.status, degradation="stale" if is_stale(reply) else "mocked"
    )
    return story, Ending(outcome, reply)


def _park(plan: Plan, story: Story, kit: Kit, name: str) -> Carried:
    answer = yield Park(entry_of(story, plan, kit.rules))
    if not isinstance(answer, Parked):
        return story.bar(plan, kit.clock.now()), None
    kept = "" if answer.durable else "; this store does not survive the process"
    outcome = outcome_of_story(story, OutcomeKind.QUEUED, name, plan.reason + kept)
    return story, Ending(replace(outcome, queued=answer), story.answered.trouble)
