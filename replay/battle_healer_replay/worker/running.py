"""A claim in hand: whether it may still be sent."""

from __future__ import annotations

from dataclasses import dataclass

from battle_healer_replay.entry import Claim


@dataclass(slots=True)
class Running:
    """One claim while it is delivered. lease_s: of its lease, in seconds.

    until: monotonic seconds at which its lease ends by our own clock, counted from before the
    claim was made, so that we stop early rather than late. stopped: why it must not be sent any
    more; None while it may. begun: whether a byte of an unsafe request may have left.
    """

    claim: Claim
    until: float
    lease_s: float = 30.0
    stopped: str | None = None
    begun: bool = False

    def may_send(self, now: float) -> str | None:
        """Why nothing may be sent now, or None."""
        if self.stopped is not None:
            return self.stopped
        return "its lease is over" if now >= self.until else None
