"""Admission: the place and the credential of an attempt, decided without I/O.

`admit` runs before every first send, `settle` after every exchange, also a cancelled one. The
gates that keep state (breaker, retry budget, pacer, concurrency) are questions asked in between.
"""

from __future__ import annotations

from dataclasses import dataclass

from battle_healer.model import Call, Refused, Trouble
from battle_healer.rules import Region


@dataclass(frozen=True, slots=True)
class Place:
    """Where an attempt may go, and with which declared credential (None: caller's own, or none)."""

    region: Region
    credential: str | None


class Gates:
    """Decides for all calls of one client. Thread-safe; holds no lock while anything waits."""

    def __init__(self) -> None:
        self._places: dict[tuple[Region, str | None], Place] = {}

    def admit(self, call: Call) -> Place | Refused:
        """Return the place of the first attempt, or the gate that refuses it and for how long.

        The caller's own Authorization goes first; else the destination's first credential.
        """
        declared = call.destination.credentials
        name = declared[0].name if declared and call.own is None else None
        key = (call.home, name)
        # Kept for reuse: a yes allocates nothing. A lost race only makes an equal value twice.
        place = self._places.get(key)
        if place is None:
            place = self._places.setdefault(key, Place(*key))
        return place

    def settle(self, place: Place, trouble: Trouble | None) -> None:
        """Learn from one exchange; `trouble` is None where it was clean or cancelled."""
