"""The retry budget of one destination: what all resends together may add to its load.

A resend to a region that has just failed costs tokens, a clean answer and time earn some; a
first attempt costs nothing, nor does a move to another region, or a request that was changed.
Who finds too few tokens is given a turn: resends then leave at the rate of the refill, in the
order in which they came. The line is never longer than one full budget; who comes later is
refused.

Source: AWS SDKs, "new retries 2026" (500 tokens, 14 a failure, 5 a throttle, 1 earned); Finagle's
budget for the floor of 10 a second, without which a quiet client could not heal.
"""

from __future__ import annotations

from typing import Final

from battle_healer.gates.breaker import UNWELL
from battle_healer.model import Kind, Refused
from battle_healer.rules import GateBounds

GATE: Final = "retry budget"

_FAILURES: Final = UNWELL | {Kind.UNKNOWN}


class RetryBudget:
    """Guarded by the lock of its gates. Negative tokens are turns that were given away."""

    __slots__ = ("_at", "_bounds", "_tokens")

    def __init__(self, bounds: GateBounds, now: float) -> None:
        self._bounds = bounds
        self._tokens: float = bounds.retry_tokens
        self._at = now

    def __repr__(self) -> str:
        return f"<RetryBudget {self._tokens:.4g} of {self._bounds.retry_tokens}>"

    def cost(self, after: Kind | None) -> int:
        """Tokens that a resend costs after this in the same region; None for a first attempt."""
        if after is Kind.RATE_LIMITED:
            return self._bounds.retry_per_throttle
        return self._bounds.retry_per_failure if after in _FAILURES else 0

    def pay(self, after: Kind | None, now: float, left_s: float) -> Refused | None:
        """Pay for a resend: None if it may go now, else when its turn is.

        left_s: of the call's deadline; a turn that would come later is not kept.
        """
        cost = self.cost(after)
        if cost == 0:
            return None
        self._refill(now)
        wait_s = (cost - self._tokens) / self._bounds.retry_refill_per_s
        has_place = self._tokens - cost >= -self._bounds.retry_tokens
        if wait_s > 0 and not (has_place and wait_s < left_s):
            return Refused(GATE, wait_s)
        self._tokens -= cost
        return Refused(GATE, wait_s, patient=True, paid=True) if wait_s > 0 else None

    def earn(self) -> None:
        """Count a clean answer."""
        if self._tokens < self._bounds.retry_tokens:
            self._add(self._bounds.retry_per_success)

    def _refill(self, now: float) -> None:
        # Another thread may have looked at the clock earlier and come here later.
        if now > self._at:
            self._add((now - self._at) * self._bounds.retry_refill_per_s)
            self._at = now

    def _add(self, tokens: float) -> None:
        self._tokens = min(self._bounds.retry_tokens, self._tokens + tokens)
