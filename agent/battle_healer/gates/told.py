"""What other calls were told: the form in which the gates hand it to a call that chooses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scope = Literal["destination", "region", "credential"]


@dataclass(frozen=True, slots=True)
class Hold:
    """A time before which the server wants no attempt (I3). until: monotonic seconds.

    name: of the region or credential; "" for a destination.
    """

    scope: Scope
    name: str
    until: float


@dataclass(frozen=True, slots=True)
class Told:
    """What binds a call though others were told it.

    holds: what must be waited for. gone: names of regions that were given up by their owner; no
    server named a time for them, so they are the last choice and not a forbidden one.
    """

    holds: tuple[Hold, ...] = ()
    gone: frozenset[str] = frozenset()

    @property
    def spent(self) -> frozenset[str]:
        """Names of the credentials that have nothing left for now."""
        return frozenset(hold.name for hold in self.holds if hold.scope == "credential")
