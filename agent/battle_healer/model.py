"""The values of the healing loop: frozen, without behaviour beyond naming facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from battle_healer.rules import (
    IDEMPOTENT_METHODS,
    SAFE_METHODS,
    Destination,
    Endpoint,
    QueueRule,
    Region,
)
from battle_healer.secret import Secret

Headers = tuple[tuple[str, str | Secret], ...]
Processed = Literal["no", "maybe", "yes"]
Helps = Literal["unchanged", "changed", "never"]
CredentialFault = Literal["expired", "invalid", "revoked", "missing", "scope"]
Phase = Literal["connect", "tls", "send", "wait", "read"]
Effect = Literal["none", "once", "unknown"]
Origin = Literal["live", "replay"]


class OutcomeKind(StrEnum):
    """How a call ended; every call ends in exactly one (I6). Best first."""

    DELIVERED = "delivered"
    DEGRADED = "degraded"
    QUEUED = "queued"
    FAILED = "failed"


class Kind(StrEnum):
    """What is wrong with an answer; the words of the recorded-failures format."""

    OK = "ok"
    CONNECT_FAILED = "connect_failed"
    TIMEOUT = "timeout"
    CONNECTION_LOST = "connection_lost"
    UNAVAILABLE = "unavailable"
    SERVER_ERROR = "server_error"
    RATE_LIMITED = "rate_limited"
    QUOTA_EXHAUSTED = "quota_exhausted"
    PAYMENT_REQUIRED = "payment_required"
    CREDENTIAL_EXPIRED = "credential_expired"
    CREDENTIAL_INVALID = "credential_invalid"
    PERMISSION_DENIED = "permission_denied"
    INVALID_REQUEST = "invalid_request"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    IN_PROGRESS = "in_progress"
    KEY_REUSED = "key_reused"
    TOO_LARGE = "too_large"
    NOT_SUPPORTED = "not_supported"
    REDIRECTED = "redirected"
    MALFORMED_REPLY = "malformed_reply"
    DRIFTED = "drifted"
    SUBSTITUTED = "substituted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Grant:
    """A credential's token at one moment. `name` is None for the caller's own Authorization."""

    name: str | None
    token: Secret
    header: str = "Authorization"
    scheme: str = "Bearer"

    @property
    def value(self) -> Secret:
        """The header's whole value."""
        return Secret(f"{self.scheme} {self.token.reveal()}".strip())


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that a program wants done. Immutable: a repair makes a new attempt, not a call.

    path: below the region's URL, with the query; may hold secrets, so it is not in the repr.
    headers: as the caller gave them, without Host, Content-Length and the credential.
    body: None for none, or where it could not be kept (`replayable` tells).
    idempotent: the program says that it may be done twice, whatever its method.
    began, deadline: monotonic seconds of the clock that runs this call.
    """

    id: str
    correlation_id: str
    method: str
    destination: Destination = field(repr=False)
    endpoint: Endpoint = field(repr=False)
    home: Region
    path: str = field(repr=False)
    headers: Headers = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    replayable: bool = True
    own: Grant | None = field(default=None, repr=False)
    key: str | None = None
    began: float = 0.0
    deadline: float = 30.0
    origin: Origin = "live"
    tenant: str = "default"
    idempotent: bool = False

    @property
    def is_read(self) -> bool:
        """Whether the method has no effect at all."""
        return self.method in SAFE_METHODS

    @property
    def is_keyed(self) -> bool:
        """Whether it carries a key that the endpoint is declared to honour."""
        return self.key is not None and self.endpoint.idempotency in ("honoured", "create")

    @property
    def is_repeatable(self) -> bool:
        """Whether sending it twice cannot have two effects (I1)."""
        return self.idempotent or self.method in IDEMPOTENT_METHODS or self.is_keyed


@dataclass(frozen=True, slots=True)
class Attempt:
    """One exchange on the wire: what is sent, where, with which credential.

    ordinal: 1 for the first send of the call. timeout_s: what is left of the deadline.
    after: what the attempt before it in this region ended in, which the retry budget charges;
    None where there was none, or where its turn is paid for.
    """

    call: Call
    ordinal: int
    region: Region
    grant: Grant | None
    body: bytes | None = field(default=None, repr=False)
    timeout_s: float | None = None
    after: Kind | None = None

    @property
    def url(self) -> str:
        """The address to send to; may hold secrets in its query."""
        return self.region.url + self.call.path


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that came. body: decoded bytes; None where it was passed through unread.

    truncated: the connection ended before the announced length.
    undecodable: the bytes are not in the coding that Content-Encoding names.
    handle: the HTTP library's own object, handed to the caller if this answer is the last.
    diagnosis: what it means, where that was found out already.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=b"", repr=False)
    truncated: bool = False
    undecodable: bool = False
    handle: Any = field(default=None, repr=False, compare=False)
    diagnosis: Diagnosis | None = field(default=None, repr=False, compare=False)

    def header(self, name: str) -> str | None:
        """First value of a header, by lower-case name."""
        return next((v for n, v in self.headers if n.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Lost:
    """An exchange that broke. phase: how far it had come; `wait` is sent whole, no byte back.

    timed_out: the client's own wait ran out.
    handle: the HTTP library's own exception, raised to the caller if it is the last.
    """

    phase: Phase
    message: str = ""
    timed_out: bool = False
    handle: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """A gate of ours said no before any byte was sent.

    wait_s: until it may say yes. kind: what the API told another call, where that is the reason.
    patient: nothing but time helps, so that there is nothing to decide if the time is there.
    paid: the turn after `wait_s` is kept for this call.
    """

    gate: str
    wait_s: float = 0.0
    kind: Kind = Kind.REFUSED
    patient: bool = False
    paid: bool = False


Trouble = Reply | Lost | Refused


@dataclass(frozen=True, slots=True)
class Operation:
    """One JSON Patch operation (RFC 6902) and where its right to exist comes from.

    evidence: a pointer or rule, in our words ("422 names /txn_id as a rename of /transactionId").
    """

    op: Literal["add", "remove", "replace", "move"]
    path: str
    value: Any = None
    source: str | None = None
    evidence: str = ""

    @property
    def pointers(self) -> tuple[str, ...]:
        """Every pointer that the operation touches."""
        return (self.path,) if self.source is None else (self.source, self.path)

    def public(self) -> dict[str, Any]:
        """As RFC 6902 writes it, with `evidence` beside."""
        row: dict[str, Any] = {"op": self.op, "path": self.path}
        if self.source is not None:
            row["from"] = self.source
        if self.op in ("add", "replace"):
            row["value"] = self.value
        return row | {"evidence": self.evidence}


@dataclass(frozen=True, slots=True)
class Hint:
    """What an error says would make the request right; a claim of the server, not yet a repair.

    pointer: the field blamed. says: what is wrong with it.
    suggest: new name (a pointer), type name, or literal that the reply states; None if none.
    """

    pointer: str
    says: Literal["unknown", "missing", "type", "enum", "format", "range", "rename", "invalid"]
    suggest: Any = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is known of a trouble; facts only, safety is the guardrails' question.

    helps: would it help to send again (safe or not): unchanged, changed, never.
    wait_s: the server's own time in seconds from now; None where it named none.
    reader: which shape recognised it. evidence: pointers into the exchange.
    names_scope: the scope that a 403 says is missing. location: where a redirect points.
    retry_budget: retries that the server says are left; None where it says nothing.
    status: of the failure: the reply's, or under a success what its body states; None for none.
    """

    kind: Kind
    processed: Processed
    helps: Helps
    wait_s: float | None = None
    credential: CredentialFault | None = None
    fields: tuple[str, ...] = ()
    soft: bool = False
    reader: str = "generic"
    evidence: tuple[str, ...] = ()
    hints: tuple[Hint, ...] = field(default=(), repr=False)
    names_scope: str | None = None
    location: str | None = field(default=None, repr=False)
    retry_budget: int | None = None
    status: int | None = None

    @property
    def is_failure(self) -> bool:
        """Whether anything is wrong."""
        return self.kind is not Kind.OK


@dataclass(frozen=True, slots=True)
class Adapted:
    """A drifted answer brought into the expected shape.

    body: the new JSON text. operations: how, with evidence. complete: meets the contract.
    """

    body: bytes = field(repr=False)
    operations: tuple[Operation, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """One complete candidate: everything that the loop needs to carry it out.

    action: a name of the actions table. reason: why this candidate exists, in our words.
    region, credential: where and with what a resend goes; region None: nothing is sent again.
    refresh: get a new token for `credential` first. wait_s: before the resend.
    operations, body: a repaired request. adapted: an adapted reply.
    tier: of a substitute. queue: where to park. ends: the outcome if it succeeds.
    """

    action: str
    reason: str
    id: str = ""
    region: Region | None = None
    credential: str | None = None
    refresh: bool = False
    wait_s: float = 0.0
    operations: tuple[Operation, ...] = ()
    body: bytes | None = field(default=None, repr=False)
    adapted: Adapted | None = None
    tier: str | None = None
    queue: str | None = None
    ends: OutcomeKind | None = None

    @property
    def sends(self) -> bool:
        """Whether a request of the call goes out again."""
        return self.region is not None


@dataclass(frozen=True, slots=True)
class Veto:
    """A candidate that a guardrail dropped. `invariant` is I1 to I8."""

    action: str
    invariant: str
    why: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to a planner beside the heuristics, and what came of it.

    said: `ranked`, or the kind of its abstention. why: in our words.
    scores: (id, probability) pairs, best first. sent: the text that left the process, "" for none.
    tokens: what the model calls used; None where nobody knows, 0 where an answer was shared.
    """

    planner: str
    said: str
    why: str
    scores: tuple[tuple[str, float], ...] = ()
    model_calls: int = 0
    sent: str = field(default="", repr=False)
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One decision of an episode, as it is told to people.

    planner: who chose. asked: who was asked, where that is not the heuristics alone.
    """

    action: str
    reason: str
    planner: str
    wait_s: float
    kind: Kind
    reader: str
    region: str | None = None
    credential: str | None = None
    vetoes: tuple[Veto, ...] = ()
    menu: tuple[str, ...] = ()
    probability: float | None = None
    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """A receipt of a store. durable: whether it survives the process."""

    id: str
    durable: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended, and the whole story of why.

    effect: whether the call may have taken effect. status: of the answer the caller gets.
    requests: sends of the call, refreshes not counted. episode: None for one clean send.
    verified: whether the answer was held to its contract and meets it; None where no contract is
    declared, or HTTP gives the answer no body. original: before adaptation.
    degradation: `stale`, `mocked` or None. body: `passed` where it was not read.
    not_yet_s: of a replay that failed for now: sending it again may help after so many seconds;
    None where it would not, or must not be (I1).
    """

    kind: OutcomeKind
    effect: Effect
    reason: str
    status: int | None = None
    steps: tuple[Step, ...] = ()
    requests: int = 1
    refreshes: int = 0
    call_id: str = ""
    correlation_id: str = ""
    episode: str | None = None
    destination: str = ""
    endpoint: str = ""
    region: str = ""
    verified: bool | None = None
    adapted: tuple[Operation, ...] = ()
    original: bytes | None = field(default=None, repr=False)
    queued: Parked | None = None
    degradation: str | None = None
    body: Literal["kept", "passed"] = "kept"
    not_yet_s: float | None = None

    @property
    def healed(self) -> bool:
        """Delivered after trouble, and verified where a contract stands (I6)."""
        return (
            self.kind is OutcomeKind.DELIVERED and bool(self.steps) and self.verified is not False
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """What a store is given to park: the call as first sent, never a secret.

    credential_ref: name of the declared credential; fresh ones are attached at replay.
    headers: those without secrets. not_before_s: the server's wait, in seconds from now.
    repeatable: whether sending it twice cannot have two effects, as declared when it was parked.
    rule: of its queue, as declared then.
    """

    call_id: str
    correlation_id: str
    tenant: str
    destination: str
    region: str
    queue: str
    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes | None = field(repr=False)
    key: str | None
    credential_ref: str | None
    policy: str | None
    error: str
    processed: Processed
    not_before_s: float
    repeatable: bool = False
    rule: QueueRule = field(default_factory=QueueRule)
