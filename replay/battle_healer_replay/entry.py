"""The values of the queue: an entry, what it would send, and what is written down of it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from hashlib import sha256
from operator import attrgetter
from typing import Any, Final, Literal

from battle_healer.rules import QueueRule

RULE: Final = QueueRule()
"""What holds for a queue that no policy lists."""

Priority = Literal["high", "normal", "low"]
PRIORITIES: Final[tuple[Priority, ...]] = ("high", "normal", "low")


class State(StrEnum):
    """Where an entry stands; every entry stands in exactly one."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    DEAD = "dead"
    CANCELLED = "cancelled"


class Reason(StrEnum):
    """Why an entry is dead."""

    AMBIGUOUS = "ambiguous"
    UNVERIFIED = "unverified"
    REFUSED = "refused"
    FAILURES = "failures"
    EXPIRED = "expired"


MEANINGS: Final = {
    Reason.AMBIGUOUS: "it may have taken effect, and no honoured key protects it",
    Reason.UNVERIFIED: "it was accepted, but the answer does not meet its contract",
    Reason.REFUSED: "the API refused it; sending the same again would not help",
    Reason.FAILURES: "it failed as often as it may",
    Reason.EXPIRED: "it was not delivered before it expired",
}
"""What each reason means, for people."""

UNDECIDED: Final = frozenset({Reason.AMBIGUOUS, Reason.UNVERIFIED})
"""Reasons that need a person's decision before the entry may be sent again (I1)."""


class Result(StrEnum):
    """How one attempt ended."""

    OK = "ok"
    WAIT = "wait"
    ERROR = "error"
    REFUSED = "refused"
    LOST = "lost"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Payload:
    """What an entry sends: never a secret. A revision of it is immutable.

    url: absolute. headers: those without secrets. key: the Idempotency-Key that is sent.
    credential_ref: name of the declared credential; a fresh token is attached at delivery.
    policy: name of the policy that it was parked under. error: why it was parked, safe to show.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    key: str | None = None
    region: str = ""
    credential_ref: str | None = None
    policy: str | None = None
    error: str = ""

    @property
    def digest(self) -> str:
        """What tells two requests apart: method, URL and body, as 64 hex digits."""
        parts = (self.method.encode(), self.url.encode(), self.body or b"")
        framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return sha256(framed).hexdigest()


@dataclass(frozen=True, slots=True)
class Draft:
    """What is handed in to be kept.

    safe: whether sending it twice cannot act twice: an idempotent method, or a key that the
    endpoint is declared to honour. key: tells the same thing handed in twice; never sent.
    due_in_s, expires_in_s: seconds from the commit. call_id: `call-` and a uuid7.
    doubt: it may have taken effect already; without `safe` it is kept dead, for a person.
    max_failures, body_bytes: as the rule of its queue says.
    """

    call_id: str
    correlation_id: str
    destination: str
    payload: Payload
    safe: bool
    key: str | None = None
    tenant: str = "default"
    queue: str = "default"
    priority: Priority = "normal"
    due_in_s: float = 0.0
    expires_in_s: float | None = 7 * 86_400.0
    max_failures: int = RULE.max_failures
    doubt: bool = False
    body_bytes: int = RULE.body_bytes

    @property
    def entry_id(self) -> str:
        """The id of its entry: a call has one, however often it is handed in."""
        return "entry-" + self.call_id.removeprefix("call-")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it stands. Times are milliseconds since 1970 by the database's clock.

    fence: +1 for each claim, never back; it guards every record of an attempt.
    failures: errors and lost leases since the last redrive. begun_ms: an unsafe request may have
    left since then. claimed_ms, lease_until_ms, worker: of the attempt that runs.
    """

    id: str
    tenant: str
    queue: str
    destination: str
    priority: Priority
    safe: bool
    call_id: str
    correlation_id: str
    key: str | None
    digest: str
    max_failures: int
    created_ms: int
    expires_ms: int | None
    state: State = State.QUEUED
    reason: Reason | None = None
    due_ms: int = 0
    fence: int = 0
    failures: int = 0
    revision: int = 1
    redrives: int = 0
    cancel_asked: bool = False
    worker: str | None = None
    claimed_ms: int | None = None
    lease_until_ms: int | None = None
    begun_ms: int | None = None
    ended_ms: int | None = None

    @property
    def needs_decision(self) -> bool:
        """Whether a person has to say what became of it."""
        return self.state is State.DEAD and self.reason in UNDECIDED

    def but(self, **changes: Any) -> Entry:
        """The same with other values: each transition makes one, and this is 4 times as fast."""
        return Entry(**dict(zip(_NAMES, _values(self), strict=True)) | changes)

    @property
    def may_have_acted(self) -> bool:
        """Whether losing the attempt that runs would leave a doubt (I1)."""
        return not self.safe and self.begun_ms is not None


_NAMES: Final = tuple(field.name for field in fields(Entry))
_values: Final = attrgetter(*_NAMES)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that ended, written in the same commit as the state that it led to.

    status: of the last answer. wait_s: until the next, as decided. episode: of the agent.
    region: where it went last. detail: in our words, safe to show, at most 2,000 characters.
    late: an answer that came after the lease was lost; never a state.
    """

    entry_id: str
    fence: int
    result: Result
    worker: str | None
    started_ms: int
    ended_ms: int
    revision: int = 1
    status: int | None = None
    wait_s: float | None = None
    episode: str | None = None
    region: str | None = None
    detail: str = ""
    late: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What a person, or the queue's own housekeeping, did to an entry or a pause."""

    at_ms: int
    who: str
    what: str
    entry_id: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """An entry that a worker may send now, under one fence."""

    entry: Entry
    payload: Payload


@dataclass(frozen=True, slots=True)
class Receipt:
    """What becomes of a draft. is_new: False where the same was handed in before."""

    id: str
    state: State
    is_new: bool
