"""The pacer of one destination: what a server told one call binds the others too (I3).

A throttle binds the whole destination: every region, every credential. A spent quota binds its
credential. (A wait for a *place* is the breaker's, which lets one probe through after it.) A wait
that concerns one call alone, as of a key in progress, binds that call and no other; its story
keeps it. No reply binds others for longer than a bound of ours (I7).

Callers who bring tokens of their own are strangers to each other: a throttle that one of them is
told binds those with the same token, so that no tenant is stopped by another one's limit.
"""

from __future__ import annotations

from typing import Final

from battle_healer.gates.told import Hold, Scope
from battle_healer.model import Diagnosis, Kind, Refused
from battle_healer.rules import GateBounds

GATE: Final = "pacer"
THROTTLES: Final = frozenset({Kind.RATE_LIMITED})
SPENT: Final = frozenset({Kind.QUOTA_EXHAUSTED, Kind.PAYMENT_REQUIRED})

_WAITS_KNOWN: Final = 1000
_SLACK_S: Final = 1e-6  # what floating-point addition of a wait may lose


class Pacer:
    """Guarded by the lock of its gates.

    told: what is waited for; empty in good times, which admission looks at first.
    owner: whose limits count together: "" for all that the policy signs or nobody does, else
    the digest of a caller's own token. credential: a declared name, "" for none, or that digest.
    """

    __slots__ = ("_bounds", "told")

    def __init__(self, bounds: GateBounds) -> None:
        self._bounds = bounds
        self.told: dict[tuple[Scope, str], tuple[float, Kind]] = {}

    def __repr__(self) -> str:
        return f"<Pacer {len(self.told)} waits>"

    def hears(self, found: Diagnosis, owner: str, credential: str, now: float) -> None:
        """Keep the wait that an answer named for others than its call."""
        if not found.wait_s or not self._bounds.pacer:
            return
        if found.kind in THROTTLES:
            key: tuple[Scope, str] = ("destination", owner)
        elif found.kind in SPENT and credential:
            key = ("credential", credential)
        else:
            return
        self.forget(now)
        while len(self.told) >= _WAITS_KNOWN:
            del self.told[next(iter(self.told))]
        until = now + min(found.wait_s, self._bounds.hold_s)
        before, _ = self.told.get(key, (until, found.kind))
        self.told[key] = (max(before, until), found.kind)

    def throttle(self, owner: str, now: float) -> Refused | None:
        """Whether this owner's calls may not ask the destination yet."""
        # What a call of the policy's was told holds for everybody, what a stranger was for him.
        told = (self._refusal(("destination", name), now, patient=True) for name in {"", owner})
        return max(filter(None, told), key=lambda refused: refused.wait_s, default=None)

    def spent(self, credential: str, now: float) -> Refused | None:
        """Whether this credential has nothing left yet."""
        return self._refusal(("credential", credential), now, patient=False)

    def holds(self, owner: str, now: float) -> list[Hold]:
        """Every wait in force that may bind a call of this owner."""
        return [
            Hold(scope, name if scope == "credential" else "", until)
            for (scope, name), (until, _) in self.told.items()
            if until > now and (scope == "credential" or name in ("", owner))
        ]

    def forget(self, now: float) -> None:
        """Drop what is over."""
        if any(until <= now for until, _ in self.told.values()):
            self.told = {key: told for key, told in self.told.items() if told[0] > now}

    def _refusal(self, key: tuple[Scope, str], now: float, *, patient: bool) -> Refused | None:
        told = self.told.get(key)
        if told is None:
            return None
        wait_s = told[0] - now
        return Refused(GATE, wait_s, told[1], patient=patient) if wait_s > _SLACK_S else None
