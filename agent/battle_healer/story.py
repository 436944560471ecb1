"""What has happened to one call so far: a frozen value that each result makes longer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Protocol

from battle_healer.gates.breaker import UNWELL
from battle_healer.gates.pacer import SPENT, THROTTLES
from battle_healer.gates.told import Hold, Told
from battle_healer.model import (
    Attempt,
    Call,
    Diagnosis,
    Effect,
    Grant,
    Kind,
    Plan,
    Processed,
    Refused,
    Step,
    Trouble,
)
from battle_healer.rules import Bounds, Region


class Means(Protocol):
    """What the surroundings make possible; read by the actions when they propose."""

    @property
    def bounds(self) -> Bounds:
        """The table of I4."""
        ...

    @property
    def chance(self) -> Callable[[], float]:
        """Uniform in [0, 1)."""
        ...

    @property
    def can_park(self) -> bool:
        """Whether a store was given."""
        ...

    @property
    def has_stale(self) -> Callable[[Call], bool]:
        """Whether the cache holds an answer for this call."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """One exchange and what it meant. resend: what it was a resend of, if the same again."""

    attempt: Attempt
    trouble: Trouble
    diagnosis: Diagnosis
    unchanged: bool

    @property
    def cause(self) -> tuple[str, Kind, Processed, bool]:
        """What is counted together: where it was, what was wrong, and whether a gate said so.

        A gate tells nothing of what a resend would do.
        """
        kind, processed = self.diagnosis.kind, self.diagnosis.processed
        return self.attempt.region.name, kind, processed, isinstance(self.trouble, Refused)


@dataclass(frozen=True, slots=True)
class Story:
    """The history of a call since its first trouble. `now` is monotonic seconds.

    holds: what its own answers named. elsewhere: what other calls were told, as of `now`.
    """

    call: Call
    now: float
    seen: tuple[Seen, ...] = ()
    steps: tuple[Step, ...] = ()
    holds: tuple[Hold, ...] = ()
    elsewhere: Told = field(default_factory=Told)
    barred: frozenset[tuple[str, str, str]] = frozenset()
    refreshed: tuple[str, ...] = ()
    repairs: int = 0
    rotations: int = 0
    fail_overs: int = 0

    @property
    def last(self) -> Seen:
        """The newest exchange."""
        return self.seen[-1]

    @property
    def answered(self) -> Seen:
        """The newest exchange that a gate of ours let through, if any; what the caller gets."""
        sent = (seen for seen in reversed(self.seen) if not isinstance(seen.trouble, Refused))
        return next(sent, self.last)

    @property
    def diagnosis(self) -> Diagnosis:
        """What the newest exchange meant."""
        return self.last.diagnosis

    @property
    def region(self) -> Region:
        """Where the newest attempt went."""
        return self.last.attempt.region

    @property
    def grant(self) -> Grant | None:
        """What the newest attempt was signed with."""
        return self.last.attempt.grant

    @property
    def credential(self) -> str:
        """Its name; empty for the caller's own, or none."""
        return (self.grant.name or "") if self.grant else ""

    @property
    def requests(self) -> int:
        """Sends of the call so far; a refusal of our own gates was none."""
        return sum(not isinstance(seen.trouble, Refused) for seen in self.seen)

    @property
    def was_begun(self) -> bool:
        """Whether any gate of ours let the call through yet."""
        return self.requests > 0

    @property
    def may_have_acted(self) -> bool:
        """Whether any attempt so far may have been processed."""
        return any(seen.diagnosis.processed != "no" for seen in self.seen)

    @property
    def remaining_s(self) -> float:
        """What is left of the deadline."""
        return self.call.deadline - self.now

    @property
    def signer(self) -> str:
        """Who signs an unchanged resend: as before, or the first declared that can."""
        if self.grant is not None or self.call.own is not None:
            return self.credential
        return self.call.destination.signer(self.elsewhere.spent) or ""

    @property
    def signer_later(self) -> str:
        """The declared credential that would sign a parked call; empty where there is none."""
        return self.credential or self.call.destination.signer() or ""

    @property
    def used(self) -> frozenset[str]:
        """Names of the credentials tried so far ("" for the caller's own)."""
        grants = (seen.attempt.grant for seen in self.seen)
        return frozenset((grant.name or "") for grant in grants if grant)

    @property
    def resends(self) -> int:
        """Unchanged resends so far after an exchange that ended where, and as, the newest did.

        Two failures of one kind have different causes if only one of them may have been processed.
        """
        cause = self.last.cause
        return sum(later.unchanged and seen.cause == cause for seen, later in pairwise(self.seen))

    def cause(self, region: Region) -> Kind | None:
        """What the newest attempt ended in, if it went to this region; else None."""
        seen = self.answered
        is_there = seen.attempt.region == region and not isinstance(seen.trouble, Refused)
        return seen.diagnosis.kind if is_there else None

    def held_s(self, region: Region, credential: str) -> float:
        """Seconds until the server allows an attempt there with that credential; 0.0 for now."""
        names = {"destination": "", "region": region.name, "credential": credential}
        holds = (*self.holds, *self.elsewhere.holds)
        waits = [hold.until - self.now for hold in holds if names[hold.scope] == hold.name]
        return max([0.0, *waits])

    @property
    def weighs_as(self) -> Kind:
        """The kind of trouble by which to choose: as a rule what the newest exchange meant.

        A failure at a place that other calls found down as well is one of the place; and whatever
        a resend might help, it needs a credential that has something left.
        """
        kind, here = self.diagnosis.kind, self.region.name
        if self.diagnosis.helps == "unchanged" and self.credential in self.elsewhere.spent:
            return Kind.QUOTA_EXHAUSTED
        is_down = any(h.scope == "region" and h.name == here for h in self.elsewhere.holds)
        return Kind.UNAVAILABLE if is_down and kind in UNWELL else kind

    def saw(
        self,
        attempt: Attempt,
        trouble: Trouble,
        diagnosis: Diagnosis,
        now: float,
        *,
        unchanged: bool = False,
    ) -> Story:
        """Return the story with one more exchange, and the hold that its wait makes."""
        seen = Seen(attempt, trouble, diagnosis, unchanged)
        holds = self.holds
        if diagnosis.wait_s is not None and diagnosis.is_failure:
            holds = (*holds, _hold(attempt, diagnosis, now))
        return replace(self, now=now, seen=(*self.seen, seen), holds=holds)

    def heard(self, elsewhere: Told) -> Story:
        """Return the story with what other calls were told by now."""
        return replace(self, elsewhere=elsewhere)

    def chose(self, plan: Plan, step: Step) -> Story:
        """Return the story with a decision, counted against its bound."""
        return replace(
            self,
            steps=(*self.steps, step),
            repairs=self.repairs + (plan.action == "repair_request"),
            rotations=self.rotations + (plan.action == "rotate_credential"),
            fail_overs=self.fail_overs + (plan.action == "fail_over"),
        )

    def bar(self, plan: Plan, now: float) -> Story:
        """Return the story after a plan that could not be carried out: not offered again."""
        return replace(self, now=now, barred=self.barred | {_bar_key(plan)})

    def is_barred(self, action: str, name: str, region: str) -> bool:
        """Whether such a plan could not be carried out in that region."""
        return (action, name, region) in self.barred

    def was_in_vain(self, plan: Plan) -> bool:
        """Whether this plan could not be carried out before."""
        return _bar_key(plan) in self.barred

    def refreshed_token(self, digest: str, now: float) -> Story:
        """Return the story after one refresh of the token with this digest."""
        return replace(self, now=now, refreshed=(*self.refreshed, digest))

    def effect(self, *, delivered: bool) -> Effect:
        """Whether the call may have taken effect; a read has none."""
        if self.call.is_read:
            return "none"
        if delivered or any(seen.diagnosis.processed == "yes" for seen in self.seen):
            return "once"
        return "unknown" if self.may_have_acted else "none"


def _bar_key(plan: Plan) -> tuple[str, str, str]:
    """What identifies a plan that failed: a token that one region refuses another may give."""
    name = plan.credential or plan.tier or plan.queue or ""
    return plan.action, name, plan.region.name if plan.region else ""


def _hold(attempt: Attempt, diagnosis: Diagnosis, now: float) -> Hold:
    """I3: a throttle binds the destination, a spent quota its credential, else the region."""
    until = now + (diagnosis.wait_s or 0.0)
    if diagnosis.kind in THROTTLES:
        return Hold("destination", "", until)
    if diagnosis.kind in SPENT:
        name = (attempt.grant.name or "") if attempt.grant else ""
        return Hold("credential", name, until)
    return Hold("region", attempt.region.name, until)
