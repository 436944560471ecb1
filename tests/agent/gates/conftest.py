"""Gates with a clock that a test moves, and attempts that end as it says."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.support.building import FixedClock, call

from battle_healer.commands import Note
from battle_healer.gates.admission import CLEAN, Gates, Place
from battle_healer.model import Attempt, Call, Diagnosis, Grant, Kind, Refused
from battle_healer.rules import Destination, GateBounds, Region
from battle_healer.secret import Secret
from battle_healer.windows import Window


@dataclass
class World:
    """One client's gates; `clock.time` is moved by the test."""

    bounds: GateBounds = field(default_factory=GateBounds)
    clock: FixedClock = field(default_factory=FixedClock)
    gates: Gates = field(init=False)
    calls: int = 0

    def __post_init__(self) -> None:
        self.gates = Gates(self.clock, threading.Lock(), self.bounds)

    def call(self, at: Destination | None = None, **changes: Any) -> Call:
        self.calls += 1
        now = self.clock.time
        given: dict[str, Any] = {"id": f"call-{self.calls}", "began": now, "deadline": now + 30.0}
        return call(at=at, **given | changes)

    def begin(self, it: Call) -> Attempt | Refused:
        """Admit a call: its first attempt, or who refuses it."""
        place = self.gates.admit(it)
        return attempt_of(it, place) if isinstance(place, Place) else place

    def ends(self, it: Call, kind: Kind = Kind.OK, wait_s: float | None = None) -> Region:
        """Admit a call whose first attempt ends so; returns where it went."""
        first = self.begin(it)
        assert isinstance(first, Attempt), first
        self.settle(first, kind, wait_s)
        return first.region

    def settle(
        self,
        it: Attempt,
        kind: Kind = Kind.OK,
        wait_s: float | None = None,
        *,
        gone: bool = False,
        windows: tuple[Window, ...] = (),
    ) -> Note | None:
        found = CLEAN
        if kind is not Kind.OK:
            found = Diagnosis(kind, "no", "unchanged", wait_s=wait_s)
        return self.gates.settle(it, found, gone=gone, windows=windows)


def attempt_of(it: Call, place: Place) -> Attempt:
    grant = it.own
    if place.credential is not None:
        grant = Grant(place.credential, Secret(f"token of {place.credential}"))
    return Attempt(it, 1, place.region, grant)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def a_world() -> Callable[..., World]:
    return lambda **rows: World(GateBounds(**rows))
