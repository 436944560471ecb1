"""What the API takes, as pydantic reads it: shapes and bounds of single fields, nothing more."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from battle_healer_replay.entry import Priority
from battle_healer_replay.operations.pauses import Scope

MOST_REDRIVEN: Final = 10_000

_HEADER_NAME: Final = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"

# PostgreSQL keeps no text with a NUL in it, nor does it compare with one.
NO_NUL: Final = r"^[^\x00]*$"

Text = Annotated[str, StringConstraints(max_length=2_000, pattern=NO_NUL)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
Method = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,20}$", to_upper=True)]
HeaderName = Annotated[str, StringConstraints(pattern=_HEADER_NAME, max_length=200)]
HeaderValue = Annotated[str, StringConstraints(max_length=8_192)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=NO_NUL)]


class Handed(BaseModel):
    """A call that failed elsewhere, handed in to be delivered later.

    Fields that are not known are left out, and the answer names them: a failed call is not to be
    lost for one field too many.
    """

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "request_id": "req-1",
                    "correlation_id": "order-17",
                    "endpoint": "charge",
                    "method": "POST",
                    "url": "http://127.0.0.1:8000/external-api",
                    "headers": {"Content-Type": "application/json"},
                    "body": {"transactionId": "t1", "amount": 15},
                    "error_type": "unavailable",
                    "error_status": 503,
                    "idempotency_key": "k1",
                }
            ]
        },
    )

    request_id: Name = Field(description="Of the request: the same twice is one entry.")
    endpoint: Name = Field(description="What the caller calls it; shown in the entry's story.")
    method: Method
    url: Annotated[str, StringConstraints(max_length=8_192)] = Field(
        description="Absolute, in a destination that the policy declares."
    )
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict, description="Credentials are dropped; the policy's are attached."
    )
    body: Any = Field(default=None, description="Text as it is; anything else as JSON.")
    correlation_id: str | None = None
    provider: Text | None = None
    region: Text | None = Field(default=None, description="Where it was sent; else the home.")
    error_type: Text | None = Field(
        default=None, description="`connect_failed`, `timeout`, …, or the exception's class."
    )
    error_message: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    error_status: Annotated[int, Field(ge=100, le=599)] | None = None
    timestamp: str | float | None = Field(default=None, description="When it failed.")
    retry_count: Annotated[int, Field(ge=0)] | None = None
    idempotency_key: Key | None = Field(
        default=None, description="Under which it was sent, and will be sent again."
    )
    processed: Literal["no", "maybe", "yes"] | bool | None = Field(
        default=None,
        description="Whether the API may have acted: the caller's own finding as a word. What a "
        "reply said of itself, true or false, counts only where the policy says "
        "`says_processed`.",
    )
    tenant: Name = "default"
    queue: Name | None = Field(default=None, description="Of the policy's; else the endpoint's.")
    priority: Priority = "normal"
    due_at: AwareDatetime | None = Field(default=None, description="Not before; past means now.")
    expires_at: AwareDatetime | None = Field(
        default=None, description="Delivery is not wanted after that; else 7 days."
    )


class Decision(BaseModel):
    """Who decides, and why; kept in the entry's story."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"by": "ada", "why": "asked them"}]}
    )

    by: Name = "api"
    why: Text = Field(default="over HTTP", min_length=1)


class Replay(Decision):
    """A dead entry is to be sent again."""

    send_again: bool = Field(
        default=False, description="Somebody says that one in doubt took no effect."
    )
    in_s: float = Field(default=0.0, ge=0, le=31_536_000, description="Seconds until it is due.")


class Redrive(Decision):
    """Dead entries that are not in doubt are to be sent again, so many a second."""

    reason: Literal["refused", "failures", "expired"] | None = None
    tenant: Name | None = None
    queue: Name | None = None
    destination: Name | None = None
    correlation_id: Name | None = None
    since: AwareDatetime | None = Field(default=None, description="Kept at or after.")
    until: AwareDatetime | None = Field(default=None, description="Kept before.")
    per_s: float = Field(default=10.0, ge=0.001, le=10_000)
    most: int = Field(default=1_000, ge=1, le=MOST_REDRIVEN)


class Edit(Decision):
    """Another body for a dead entry: a new revision, under a new key where there was one."""

    body: Any = Field(description="Text as it is; anything else as JSON; null for none.")
    idempotency_key: Key | None = None


class Pausing(Decision):
    """Nothing of that queue, tenant or destination is to be sent."""

    scope: Scope
    name: Name
    minutes: float | None = Field(
        default=None, gt=0, le=5_256_000, description="It ends by itself; else when resumed."
    )


class Resuming(Decision):
    """A pause is to end."""

    scope: Scope
    name: Name
