"""The policy file as a pydantic model: whole from the start, unknown keys forbidden.

What is true of one value alone is checked here; what is true of several is in `checks`. A field
marked `LATER` is understood, and refused by `checks` until its feature is built.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    create_model,
)
from pydantic_core import CoreSchema

from battle_healer.policy.forms import (
    Currency,
    Duration,
    EnvName,
    HeaderName,
    Match,
    Name,
    Pointer,
    Rate,
    Scheme,
)
from battle_healer.policy.rows import GATES, QUEUES, Rows, spoken
from battle_healer.rules import Bounds, DegradeTier, Idempotency, Keep, PlannerBudget, Tier


class _Later:
    """Marks a key whose feature is not in this version."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "description": "Not in this version."}


LATER: Final = _Later()


def _none_for_off(value: Any) -> Any:
    return None if value is False else value


class Part(BaseModel):
    """A mapping of the file: only the keys named, and no value turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TokenCallPart(Part):
    """An exchange that gives a token."""

    post: str = Field(description="Path under the region in use, or a URL of a declared region.")
    body: dict[str, Any] | None = Field(default=None, description="JSON body of the request.")
    token: Pointer | None = Field(default=None, description="Where the answer holds the token.")
    expires_in: Pointer | None = Field(default=None, description="Where it holds the lifetime.")


class TokenPart(Part):
    """Where a token comes from; the token itself is never in the file. Exactly one source."""

    env: EnvName | None = Field(default=None, description="Environment variable, then `.env`.")
    file: str | None = Field(default=None, description="File, relative to the policy.")
    command: Annotated[list[str], Field(min_length=1)] | None = Field(
        default=None, description="Command that prints it; a list, no shell."
    )
    post: str | None = Field(default=None, description="Path or URL that answers with it.")
    body: dict[str, Any] | None = Field(default=None, description="JSON body for `post`.")
    token: Pointer | None = Field(default=None, description="Where the `post` answer holds it.")
    expires_in: Pointer | None = Field(default=None, description="Where it holds the lifetime.")


class CostPart(Part):
    """What a credential's use costs, as an estimate."""

    per_call: float = Field(ge=0, allow_inf_nan=False)
    per_1000_tokens: Annotated[float | None, LATER] = Field(default=None, ge=0)
    currency: Currency = "USD"


class CredentialPart(Part):
    """A credential by reference."""

    name: Name
    tier: Tier = "primary"
    token: TokenPart
    refresh: TokenCallPart | None = None
    scopes: list[str] = Field(default=[], description="Scopes that it has, where known.")
    account: str | None = Field(
        default=None,
        min_length=1,
        description="Whom the API takes it for; keys protect across credentials of one account.",
    )
    header: HeaderName = "Authorization"
    scheme: Scheme = "Bearer"
    daily_calls: int | None = Field(
        default=None, ge=1, description="Requests in a UTC day; then others sign, or none."
    )
    daily_tokens: Annotated[int | None, LATER] = Field(default=None, ge=1)
    cost: CostPart | None = None


class RegionPart(Part):
    """One place of a destination."""

    name: Name
    url: str
    priority: int = Field(default=1, ge=0, le=1000, description="The lowest is home.")


class ContractPart(Part):
    """JSON Schemas, inline or as a file relative to the policy."""

    request: str | dict[str, Any] | None = None
    response: str | dict[str, Any] | None = None


class DegradePart(Part):
    """Labelled substitutes, in order."""

    tiers: Annotated[list[DegradeTier], Field(min_length=1)]
    file: str | None = None
    example: Any = None
    post: str | None = None
    writes: bool = False


class EndpointPart(Part):
    """What is known of one endpoint."""

    name: Name
    match: Match = Field(description="METHOD /path/{segment}; the first match wins.")
    idempotency: Idempotency = "unknown"
    key_ttl: Annotated[Duration | None, LATER] = None
    contract: ContractPart = ContractPart()
    protected: list[Pointer] = Field(default=[], description="Never touched by a repair.")
    may_clamp: list[Pointer] = Field(default=[], description="May be moved into a named range.")
    repair: bool | None = None
    adapt: bool | None = None
    degrade: Annotated[DegradePart | None, BeforeValidator(_none_for_off)] = None
    queue: Name | None = None
    planner: Name | None = None


def _row(name: str, rows: Rows = GATES) -> Any:
    """An optional field for a row of a table; `checks` looks at its range."""
    row = rows.row(name)
    meaning, unit = row.metadata["meaning"], row.metadata["unit"]
    value = spoken(row, row.default)
    unit = unit if value == row.default else ""
    return Field(default=None, description=f"{meaning}; default {value} {unit}".rstrip() + ".")


class RetryBudgetPart(Part):
    """Tokens that resends of a destination share."""

    tokens: int | None = _row("retry_tokens")
    per_failure: int | None = _row("retry_per_failure")
    per_throttle: int | None = _row("retry_per_throttle")
    per_success: int | None = _row("retry_per_success")
    refill_per_s: float | None = _row("retry_refill_per_s")


class BreakerPart(Part):
    """When a region is left alone."""

    attempts: int | None = _row("breaker_attempts")
    failed_percent: float | None = _row("breaker_failed_percent")
    window: Duration | None = _row("breaker_window_s")
    open: Duration | None = _row("breaker_open_s")


class GatesPart(Part):
    """Constants of the gates."""

    retry_budget: RetryBudgetPart | None = None
    breaker: BreakerPart | None = None
    pacer: bool | None = _row("pacer")
    concurrency: int | None = _row("concurrency")
    longest_hold: Duration | None = _row("hold_s")
    gone: Duration | None = _row("gone_s")
    near_quota_percent: float | None = _row("near_quota_percent")


class DestinationPart(Part):
    """One API."""

    regions: Annotated[list[RegionPart], Field(min_length=1)]
    credentials: list[CredentialPart] = []
    says_processed: bool = Field(
        default=False, description="Its `processed` member and X-Processed header are true."
    )
    call_header: bool = Field(default=False, description="Send Healer-Call.")
    planner: Name | None = None
    endpoints: list[EndpointPart] = []
    gates: GatesPart | None = None


class KeepPart(Part):
    """How long entries that ended are kept."""

    succeeded: Duration | None = _row("keep_succeeded_s", QUEUES)
    cancelled: Duration | None = _row("keep_cancelled_s", QUEUES)
    dead: Duration | None = _row("keep_dead_s", QUEUES)


class BackoffPart(Part):
    """How long an entry waits after an error: anything up to a ceiling that doubles."""

    base: Duration | None = _row("backoff_base_s", QUEUES)
    cap: Duration | None = _row("backoff_cap_s", QUEUES)


class TellAbovePart(Part):
    """When people should hear of a queue."""

    queued: int | None = _row("tell_queued", QUEUES)
    oldest: Duration | None = _row("tell_oldest_s", QUEUES)
    dead: int | None = _row("tell_dead", QUEUES)


class QueuePart(Part):
    """Rules of one queue."""

    max_failures: int | None = _row("max_failures", QUEUES)
    backoff: BackoffPart | None = None
    lease: Duration | None = _row("lease_s", QUEUES)
    concurrency: int | None = _row("concurrency", QUEUES)
    rate: Rate | None = _row("rate_per_s", QUEUES)
    body_bytes: int | None = _row("body_bytes", QUEUES)
    keep: KeepPart | None = None
    tell_above: TellAbovePart | None = None


class NotificationPart(Part):
    """Who is told of which events."""

    to: TokenPart
    events: list[str] = []


class DefaultsPart(Part):
    """What holds for endpoints that do not say otherwise."""

    repair: bool = False
    adapt: bool = False
    planner: Name = "heuristic"


def _bound_fields(table: type[Bounds | Keep | PlannerBudget]) -> dict[str, Any]:
    """One optional field for each row of a table of defaults, with its range."""
    return {
        bound.name: (
            int | None if isinstance(bound.default, int) else float | None,
            Field(
                default=None,
                ge=bound.metadata["least"],
                le=bound.metadata["most"],
                description=f"{bound.metadata['meaning']}; default {bound.default}.",
            ),
        )
        for bound in fields(table)
    }


if TYPE_CHECKING:

    class BoundsPart(Part):
        """Bounds of a call: a field for each row of the defaults table."""

    class JournalPart(Part):
        """The journal on disk: a field for each row of its table."""

    class PlannerBudgetPart(Part):
        """What one planner may spend: a field for each row of the table."""
else:
    BoundsPart = create_model("BoundsPart", __base__=Part, **_bound_fields(Bounds))
    JournalPart = create_model("JournalPart", __base__=Part, **_bound_fields(Keep))
    PlannerBudgetPart = create_model(
        "PlannerBudgetPart", __base__=Part, **_bound_fields(PlannerBudget)
    )


class PolicyFile(Part):
    """healer.yaml."""

    version: Literal[1]
    defaults: DefaultsPart = DefaultsPart()
    bounds: BoundsPart = BoundsPart()
    secret_headers: list[HeaderName] = Field(default=[], description="More secret headers.")
    destinations: dict[Name, DestinationPart] = {}
    queues: dict[Name, QueuePart] = {}
    gates: GatesPart | None = None
    journal: JournalPart | None = Field(default=None, description="Keep the journal on disk.")
    planner_budgets: dict[Name, PlannerBudgetPart] = Field(
        default={}, description="What planners may spend on a model, by planner."
    )
    notifications: Annotated[list[NotificationPart] | None, LATER] = None
