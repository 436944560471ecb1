"""The concurrency limit of one region: how many attempts may be in flight there at a time.

Who finds it full asks again shortly: an attempt in flight always ends, and nothing else helps.
Source: .NET's standard resilience handler (1000).
"""

from __future__ import annotations

from typing import Final

from battle_healer.model import Refused

GATE: Final = "concurrency"
AGAIN_S: Final = 0.05
"""How long who finds it full waits before it asks again."""


class Concurrency:
    """Guarded by the lock of its gates."""

    __slots__ = ("in_flight", "limit")

    def __init__(self, limit: int) -> None:
        self.limit, self.in_flight = limit, 0

    def __repr__(self) -> str:
        return f"<Concurrency {self.in_flight} of {self.limit}>"

    def refusal(self) -> Refused | None:
        """Whether an attempt has to wait for one that is under way. Changes nothing."""
        return Refused(GATE, AGAIN_S, patient=True) if self.in_flight >= self.limit else None

    def enter(self) -> None:
        """Count an attempt that begins."""
        self.in_flight += 1

    def leave(self) -> None:
        """Count an attempt that ended, in whatever way."""
        self.in_flight -= 1
