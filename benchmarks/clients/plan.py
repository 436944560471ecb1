"""What every client is asked to do: the same calls, each with a fault of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from battle_healer_mock.faults.table import BY_NAME
from benchmarks.clients.contract import Call

OK: Final = "ok"
FAULTS: Final = (
    OK, "region_down", "retryable_500", "ambiguous_500", "rate_limit=1s", "expired_token", "quota",
    "reset", "reset_after_effect", "truncated", "schema_drift", "soft_error", "gateway_html",
    "stall",
)  # fmt: skip
AMOUNT: Final = 15.0


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of call. is_safe: whether asking again does no harm, whatever came of it."""

    name: str
    method: str
    is_keyed: bool

    @property
    def is_safe(self) -> bool:
        """A read, or a write that carries a key."""
        return self.method == "GET" or self.is_keyed


SHAPES: Final = (
    Shape("GET", "GET", False),
    Shape("POST", "POST", False),
    Shape("keyed POST", "POST", True),
)


@dataclass(frozen=True, slots=True)
class Planned:
    """One call of the plan: which fault it meets, and in which shape."""

    fault: str
    shape: Shape

    @property
    def id(self) -> str:
        """Its correlation id, and of a write the label in the ledger."""
        return f"{self.fault.partition('=')[0]}.{self.shape.name.replace(' ', '-')}"

    @property
    def is_curable(self) -> bool:
        """Whether a client can get it through and be sure that nothing is done twice."""
        if self.fault == OK or self.shape.is_safe:
            return True
        return BY_NAME[self.fault.partition("=")[0]].told != "maybe"

    def call(self, url: str, token: str, timeout_s: float) -> Call:
        """The call for a program. url: of the mock server. timeout_s: of an attempt."""
        headers = {"Authorization": f"Bearer {token}", "X-Correlation-ID": self.id}
        if self.fault != OK:
            headers["X-Simulate-Failure"] = self.fault
        if self.shape.is_keyed:
            headers["Idempotency-Key"] = f"key-{self.id}"
        body = None
        if self.shape.method == "POST":
            headers["Content-Type"] = "application/json"
            body = json.dumps({"transactionId": self.id, "amount": AMOUNT})
        return Call(self.id, self.shape.method, f"{url}/external-api", headers, body, timeout_s)


def plan(faults: Iterable[str] = FAULTS) -> tuple[Planned, ...]:
    """Every fault in every shape."""
    return tuple(Planned(fault, shape) for fault in faults for shape in SHAPES)
