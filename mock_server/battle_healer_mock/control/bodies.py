"""The bodies that the documented endpoints take, with examples for their pages."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

_Seconds = Annotated[float, Field(gt=0, le=86_400)]
_Scope = Annotated[str, Field(max_length=128)]
_Glob = Annotated[str, Field(min_length=1, max_length=256)]


class Open(BaseModel):
    """A body of the contract: more fields may come, and are ignored."""

    model_config = ConfigDict(extra="ignore")


class Closed(BaseModel):
    """A body of the control API: a name that is not known is an error."""

    model_config = ConfigDict(extra="forbid")


class KeyRequest(Open):
    """Who wants a token, and of what kind. Only `userId` is required."""

    userId: str = Field(min_length=1, max_length=128, examples=["demo"])  # noqa: N815 - contract
    provider: str = Field("mock", max_length=64)
    model: str = Field("default", max_length=64)
    tier: str = Field("primary", max_length=32, examples=["primary", "backup", "free-tier"])
    scopes: list[_Scope] = Field(default_factory=list, max_length=32)


class RefreshRequest(Open):
    """The token to be replaced, under either name, and why."""

    token: str | None = Field(None, max_length=512, examples=["mk_0123"])
    previous_token: str | None = Field(None, max_length=512)
    failure_status: int | None = Field(None, examples=[401])
    provider: str = Field("mock", max_length=64)
    model: str = Field("default", max_length=64)


class BudgetRequest(Open):
    """By how much the counters of a token change."""

    token: str | None = Field(None, max_length=512)
    quota_delta: int = Field(0, ge=-10_000_000, le=10_000_000, examples=[-100])
    call_budget_delta: int = Field(0, ge=-10_000_000, le=10_000_000)


class MockRequest(Open):
    """Why a stand-in answer is wanted, and what it may be made of."""

    reason: str = Field("unspecified", max_length=500, examples=["all regions are down"])
    payload: Any = None
    cached_payload: Any = None
    schema_hint: dict[str, Any] | None = None
    example_response: Any = None


class LogEntry(Open):
    """One structured event of a client."""

    event: str = Field(min_length=1, max_length=128, examples=["CREDENTIAL_QUOTA_SIGNAL"])
    metadata: dict[str, Any] = Field(default_factory=dict)


class FaultBody(Closed):
    """Which calls get which faults. `calls` is a glob on call key or correlation id."""

    trigger: str = Field(max_length=512, examples=["flaky=0.3", "region_down@us*inf"])
    calls: _Glob = "*"
    method: str | None = Field(None, max_length=16, examples=["POST"])
    ttl_s: _Seconds | None = Field(None, examples=[60])


class ScenarioBody(Closed):
    """A whole situation; loading it resets the server's state."""

    name: str = Field(min_length=1, max_length=128, examples=["payments-storm"])
    seed: str | int | None = Field(None, examples=["42"])
    retry_budget: int | None = Field(None, ge=0, le=10_000)
    faults: list[FaultBody] = Field(default_factory=list, max_length=1_000)
    regions: dict[str, str] = Field(default_factory=dict, examples=[{"us": "down"}])


class ClockBody(Closed):
    """How much time passes on a manual clock, and whether it jumps where an exchange waits."""

    advance_s: float = Field(0, ge=0, le=31_536_000, examples=[30])
    jump: bool | None = None
