"""What a scenario file says: the server's faults, the calls to make, and how they must end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Variant = Literal["get", "keyed", "unkeyed"]
Action = Literal[
    "adapt_response",
    "refresh_credential",
    "rotate_credential",
    "repair_request",
    "fail_over",
    "retry",
    "degrade",
    "queue",
    "abort",
]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]*(\{n\})?[A-Za-z0-9._-]*$", max_length=100)]
Line = Annotated[str, Field(min_length=1, max_length=120)]

_RANGE = re.compile(r"(\d+)-(\d+)")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class FaultRule(_Part):
    """Faults for the calls whose id a pattern names."""

    calls: str = "*"
    """A pattern of call ids, such as `task-*3`."""
    trigger: str
    """What X-Simulate-Failure would say."""
    method: str | None = None
    """Only for requests with this method."""


class Server(_Part):
    """How the mock server behaves while the scenario runs."""

    seed: int | str = 42
    """All chance follows from it."""
    clock: Literal["manual", "real"] = "manual"
    """Manual: waits cost no time. Real where the reply itself is slow."""
    retry_budget: int | None = Field(default=None, ge=0, le=10_000)
    """Retries that a token and call may have; the server's default if absent."""
    faults: tuple[FaultRule, ...] = ()
    """Faults by call."""
    regions: Mapping[str, Literal["up", "down", "maintenance", "gone"]] = {}
    """Regions that are not up."""


class Override(_Part):
    """What differs from the mock's own policy."""

    queue: Literal["memory"] | None = None
    """Give the client a store in memory; it is not durable, and every outcome says so."""
    endpoints: Mapping[str, Mapping[str, Any]] = {}
    """By an endpoint's name: keys that are laid over it, as a policy file writes them."""


class Expect(_Part):
    """What must be seen of one call. What is absent, or null, is not looked at."""

    outcome: Literal["delivered", "degraded", "queued", "failed", "skipped"] | None = None
    """How it ended; `skipped`: never sent, since the call before it did not succeed."""
    actions: tuple[Action, ...] | None = None
    """The decisions, in order; none for a clean call."""
    requests: int | str | None = None
    """Sends, refreshes not counted: a number, or a range such as `1-4`."""
    refreshes: int | None = Field(default=None, ge=0)
    """Exchanges for a new token."""
    effects: int | None = Field(default=None, ge=0)
    """Rows of this call in the server's ledger."""
    effect: Literal["none", "once", "unknown"] | None = None
    """What the outcome says of the effect."""
    status: int | None = None
    """Status of the answer that the caller got."""
    body: Mapping[str, Any] | None = None
    """Members that the answer must have, with these values."""
    degradation: Literal["stale", "mocked"] | None = None
    """The label of a substitute."""
    durable: bool | None = None
    """Whether the store that took the call survives the process."""

    @field_validator("requests")
    @classmethod
    def _range(cls, value: int | str | None) -> int | str | None:
        if isinstance(value, str) and not _RANGE.fullmatch(value):
            raise ValueError("write a number, or a range such as 1-4")
        return value

    @property
    def bounds(self) -> tuple[int, int] | None:
        """Fewest and most requests; None where they are not looked at."""
        if self.requests is None:
            return None
        match = _RANGE.fullmatch(str(self.requests))
        return (int(match[1]), int(match[2])) if match else (int(self.requests),) * 2

    def under(self, other: Expect) -> Expect:
        """The same expectation with what `other` writes laid over it."""
        return self.model_copy(update={k: getattr(other, k) for k in other.model_fields_set})


class Call(_Part):
    """One call, or `count` of them at the same time."""

    id: Id
    """Its correlation id; with `count`, `{n}` stands for 1, 2, 3, ..."""
    count: int | None = Field(default=None, ge=1, le=1000)
    """How many callers make it at the same time."""
    method: Literal["GET", "POST"] = "POST"
    """GET has no effect."""
    path: str = Field(default="/external-api", pattern=r"^/")
    """Below the region."""
    body: Any = None
    """JSON; `{n}` in its strings is the number of the call."""
    key: Id | None = None
    """Idempotency key, as it is sent."""
    token: str = "issued"  # noqa: S105 - how the token comes about, no token
    """`issued`: one of its own; `none`: the policy's credentials sign; else sent as written."""
    trigger: str | None = None
    """X-Simulate-Failure of this call."""
    deadline_s: float | None = Field(default=None, gt=0, le=86_400)
    """How long the caller has patience."""
    after: str | None = None
    """Id of the call whose delivery this one needs."""

    @model_validator(mode="after")
    def _numbered(self) -> Call:
        if (self.count is not None) != ("{n}" in self.id):
            raise ValueError("`count` and `{n}` in `id` belong together")
        return self

    def each(self) -> Iterator[Call]:
        """The single calls, numbered."""
        for n in range(1, (self.count or 1) + 1):
            yield self.model_copy(
                update={
                    "id": _number(self.id, n),
                    "key": _number(self.key, n),
                    "body": _number(self.body, n),
                    "count": None,
                }
            )


class Change(_Part):
    """What is expected when the same calls are made with another method or key."""

    expect: Mapping[str, Expect] = {}
    """Laid over the scenario's own, by pattern of call ids."""
    effects: int | None = Field(default=None, ge=0)
    """Rows in the ledger; if absent, none for `get`, and as written for the others."""


class Scenario(_Part):
    """One scenario file."""

    name: Name
    """The name of the file, without `.yaml`."""
    title: Line
    """One line for lists."""
    about: str = Field(min_length=1)
    """What happens, why it matters, and what is right."""
    server: Server = Server()
    """The other side."""
    policy: Override = Override()
    """What differs from the mock's own policy."""
    calls: tuple[Call, ...] = Field(min_length=1)
    """Played one after the other; those of one `count` at the same time."""
    expect: Mapping[str, Expect]
    """By pattern of call ids; later patterns are laid over earlier ones."""
    effects: int = Field(ge=0)
    """Rows in the ledger when all is over."""
    guards: tuple[Literal["I1", "I2", "I3", "I4", "I5", "I6", "I7"], ...] = ()
    """Invariants without whose guardrails a planner would do harm here."""
    variants: Mapping[Literal["get", "post", "keyed", "unkeyed"], Change] = {}
    """What differs for GET, for any POST, for POST with a key, and for POST without."""

    @model_validator(mode="after")
    def _refers_to_itself(self) -> Scenario:
        ids = [call.id for entry in self.calls for call in entry.each()]
        if len(set(ids)) != len(ids):
            raise ValueError("two calls have the same id")
        seen: set[str] = set()
        for entry in self.calls:
            if entry.after is not None and entry.after not in seen:
                raise ValueError(f"no call {entry.after!r} stands before {entry.id!r}")
            seen.update(call.id for call in entry.each())
        patterns = {*self.expect, *(p for v in self.variants.values() for p in v.expect)}
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in ids):
                raise ValueError(f"no call has an id like {pattern!r}")
        return self

    def as_variant(self, variant: Variant | None) -> tuple[Call, ...]:
        """The entries of `calls` as they are made under `variant`; None: as written."""
        if variant is None:
            return self.calls
        return tuple(_vary(entry, variant) for entry in self.calls)

    def expected(self, call_id: str, variant: Variant | None = None) -> Expect:
        """What must be seen of one call."""
        found = _laid(Expect(), self.expect, call_id)
        if variant == "get":
            found = found.under(_OF_A_READ)
        for change in self._changes(variant):
            found = _laid(found, change.expect, call_id)
        return found

    def expected_effects(self, variant: Variant | None = None) -> int:
        """How many rows the ledger must have."""
        effects = 0 if variant == "get" else self.effects
        for change in self._changes(variant):
            effects = effects if change.effects is None else change.effects
        return effects

    def for_control(self) -> dict[str, Any]:
        """The body of `POST /control/scenario`."""
        server = self.server.model_dump(mode="json", exclude={"clock"}, exclude_none=True)
        return {"name": self.name, **server}

    def _changes(self, variant: Variant | None) -> Iterator[Change]:
        if variant in ("keyed", "unkeyed") and "post" in self.variants:
            yield self.variants["post"]
        if variant is not None and variant in self.variants:
            yield self.variants[variant]


_OF_A_READ = Expect(effects=0, effect="none", body=None)


def _laid(found: Expect, layers: Mapping[str, Expect], call_id: str) -> Expect:
    for pattern, expect in layers.items():
        if fnmatchcase(call_id, pattern):
            found = found.under(expect)
    return found


def _vary(entry: Call, variant: Variant) -> Call:
    if variant == "get":
        return entry.model_copy(update={"method": "GET", "key": None, "body": None})
    body = entry.body
    if body is None:
        body = {"transactionId": entry.id, "amount": 1}
    key = (entry.key or entry.id) if variant == "keyed" else None
    return entry.model_copy(update={"method": "POST", "body": body, "key": key})


def _number(value: Any, n: int) -> Any:
    match value:
        case str():
            return value.replace("{n}", str(n))
        case list():
            return [_number(item, n) for item in value]
        case dict():
            return {name: _number(item, n) for name, item in value.items()}
        case _:
            return value
