"""Admission: the place and the credential of an attempt, decided without I/O.

`admit` runs before the first attempt of a call, `readmit` before every other, and `settle` after
each that was let in, also a cancelled one. Asked in this order, from the widest to the narrowest:

    deadline(pacer(quota(breaker(concurrency(retry budget(the attempt))))))

The retry budget comes last, so that nobody pays for an attempt that another gate refuses. All is
decided under one lock, and nothing waits under it: a refusal says how long, and the loop waits.
"""

from __future__ import annotations

import heapq
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Final

from battle_healer.clock import Clock
from battle_healer.commands import Note
from battle_healer.gates.breaker import CLOSED, UNWELL, Breaker
from battle_healer.gates.concurrency import Concurrency
from battle_healer.gates.pacer import Pacer
from battle_healer.gates.quotas import Quotas
from battle_healer.gates.regions import Regions
from battle_healer.gates.retry_budget import RetryBudget
from battle_healer.gates.signer import declared, first_with_left, known_as, owner, signer
from battle_healer.gates.told import Hold, Told
from battle_healer.model import Attempt, Call, Diagnosis, Kind, Refused
from battle_healer.rules import Destination, GateBounds, Region
from battle_healer.windows import Window

CLEAN: Final = Diagnosis(Kind.OK, "yes", "never", reader="none")
"""What `settle` is told of a clean answer."""

DEADLINE: Final = "deadline"

# Kinds whose wait is for the place, whoever asks. The others concern the call that was told.
_OF_THE_PLACE: Final = UNWELL | {Kind.UNKNOWN}
_UNDECLARED_KNOWN: Final = 1000
_FORGOTTEN_AT_ONCE: Final = 100
_UNBOUNDED: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where an attempt may go, and with which declared credential (None: caller's own, or none)."""

    region: Region
    credential: str | None


class _Api:
    """The gates of one destination: they bind all its regions."""

    __slots__ = ("bounds", "budget", "pacer", "quotas", "regions")

    def __init__(self, bounds: GateBounds, quotas: Quotas, now: float) -> None:
        self.bounds, self.quotas = bounds, quotas
        self.budget = RetryBudget(bounds, now)
        self.pacer = Pacer(bounds)
        self.regions = Regions(bounds.gone_s)


class Spot:
    """The gates of one region.

    places: kept for reuse, so that a yes allocates nothing. used_at: when it was settled last.
    declared: whether the policy says anything of it.
    """

    __slots__ = ("api", "breaker", "concurrency", "declared", "places", "region", "used_at")

    def __init__(self, region: Region, api: _Api, *, declared: bool) -> None:
        self.region, self.api, self.declared = region, api, declared
        self.breaker = Breaker(api.bounds)
        self.concurrency = Concurrency(api.bounds.concurrency)
        self.places: dict[str | None, Place] = {}
        self.used_at = 0.0

    def binds_until(self, now: float) -> float:
        """Until when what is known here keeps somebody waiting; 0.0 where it is nobody."""
        self.api.pacer.forget(now)
        waits = [until for until, _ in self.api.pacer.told.values()]
        return max([self.breaker.held_until(now) or 0.0, *waits])

    def place(self, credential: str | None) -> Place:
        """The place of an attempt here."""
        place = self.places.get(credential)
        if place is None:
            place = self.places[credential] = Place(self.region, credential)
        return place

    def is_well(self) -> bool:
        """Whether no gate has anything against an attempt here, whoever makes it."""
        return (
            self.breaker.state is CLOSED
            and self.concurrency.in_flight < self.concurrency.limit
            and not self.api.pacer.told
            and not self.api.regions.gone
        )

    def enter(self, call: str) -> None:
        """Let an attempt of this call in."""
        self.breaker.enter(call)
        self.concurrency.enter()


class Gates:
    """Decides for all calls of one client. Thread-safe; holds no lock while anything waits.

    lock: guards all that is known here. bounds: for destinations that name none of their own.
    invariants: those in force. Without I3 nothing is paced and without I4 nothing is bounded,
    as the guardrails of that name; a test takes them out to show what harm they prevent.
    """

    def __init__(
        self,
        clock: Clock,
        lock: AbstractContextManager[object],
        bounds: GateBounds | None = None,
        invariants: frozenset[str] = frozenset({"I3", "I4"}),
    ) -> None:
        self._clock, self._now, self._lock = clock, clock.now, lock
        self._bounds = bounds or GateBounds()
        self._invariants = invariants
        self._spots: dict[str, Spot] = {}  # by region URL
        self._undeclared: set[str] = set()

    def admit(self, call: Call) -> Place | Refused:
        """Let the first attempt of a call in: where it goes, or which gate refuses it.

        The call's own region is taken, unless it is known not to be well and another is. The
        caller's own Authorization goes first; else the destination's first credential that is
        not spent, nor near it while another may sign.
        """
        with self._lock:
            home = self._spots.get(call.home.url) or self._met(call.destination, call.home)
            if home.is_well():
                if home.api.quotas.known:
                    return self._admitted_home(call, home)
                home.concurrency.in_flight += 1
                rules = call.destination.credentials
                return home.place(rules[0].name if rules and call.own is None else None)
            return self._admitted(call, home.api)

    def glance(self, origin: str) -> Spot | None:
        """Let in an attempt at an undeclared origin that was met before and is well.

        Nothing of the call is looked at. None: ask `admit`. `saw_clean` or `settle` follows.
        """
        with self._lock:
            spot = self._spots.get(origin)
            if spot is None or spot.declared or not spot.is_well():
                return None
            spot.concurrency.in_flight += 1
            return spot

    def saw_clean(self, spot: Spot) -> None:
        """Learn of a clean answer to an attempt that `glance` let in."""
        now = self._now()
        with self._lock:
            spot.used_at = now
            spot.concurrency.in_flight -= 1
            # No call is named: one let in here was never a probe.
            spot.breaker.settle("", now, failed=False)
            spot.api.budget.earn()

    def readmit(self, attempt: Attempt) -> Refused | None:
        """Let a later attempt in: None for yes, else the gate that refuses it."""
        call, now = attempt.call, self._now()
        left_s = call.deadline - now
        if left_s <= 0 and "I4" in self._invariants:
            return Refused(DEADLINE)
        with self._lock:
            spot = self._spot(call.destination, attempt.region)
            api = spot.api
            refused = (
                api.pacer.throttle(owner(attempt.grant), now)
                or api.pacer.spent(known_as(attempt.grant), now)
                or api.quotas.refusal(declared(attempt.grant), now)
                or spot.breaker.refusal(now)
                or spot.concurrency.refusal()
                or api.budget.pay(attempt.after, now, left_s)
            )
            if refused is None:
                spot.enter(call.id)
                api.quotas.take(call.id, declared(attempt.grant), now)
            return refused

    def settle(
        self,
        attempt: Attempt,
        found: Diagnosis | None,
        *,
        gone: bool = False,
        windows: tuple[Window, ...] = (),
    ) -> Note | None:
        """Learn from an attempt that was let in, and give back what it held.

        found: what its answer means, CLEAN if nothing is wrong; None if there was none, since
        it was cancelled or never sent. gone: whether it was answered 410. windows: what a clean
        answer says is left to the policy's credential that signed. Returns what whoever watches
        is to be told, if anything.
        """
        call, now = attempt.call, self._now()
        with self._lock:
            spot = self._spots[attempt.region.url]
            spot.used_at = now
            api = spot.api
            spot.concurrency.in_flight -= 1
            if found is CLEAN:
                spot.breaker.settle(call.id, now, failed=False)
                api.budget.earn()
                if api.regions.is_asking:
                    api.regions.saw_clean(call, attempt.region, now)
            elif found is None:
                spot.breaker.settle(call.id, now, failed=None)
            else:
                spot.breaker.settle(call.id, now, failed=found.kind in UNWELL)
                _hear(spot, attempt, found, now)
                if gone:
                    api.regions.saw_gone(call, attempt.region)
            if not (windows or api.quotas.known):
                return None
            return _count(api, attempt, found, windows, now)

    def told(self, call: Call) -> Told:
        """What binds this call's next attempt, whoever was told."""
        now, regions = self._now(), call.destination.regions
        with self._lock:
            api = self._spot(call.destination, call.home).api
            holds = [*api.pacer.holds(owner(call.own), now), *api.quotas.holds(now)]
            for region in regions:
                spot = self._spots.get(region.url)
                until = None if spot is None else spot.breaker.held_until(now)
                if until is not None:
                    holds.append(Hold("region", region.name, until))
            gone = frozenset(r.name for r in regions if api.regions.is_gone(r, now))
        return Told(tuple(holds), gone)

    def _admitted_home(self, call: Call, home: Spot) -> Place | Refused:
        """Let a call in at home, where only the credential is a question. The lock is held."""
        now, api = self._now(), home.api
        api.quotas.forget(now)
        credential = signer(call, api.pacer, api.quotas, now)
        if isinstance(credential, Refused):
            return credential
        home.concurrency.in_flight += 1
        api.quotas.take(call.id, credential, now)
        return home.place(credential)

    def _admitted(self, call: Call, api: _Api) -> Place | Refused:
        """Look at each region in turn. Called with the lock held."""
        now = self._now()
        api.pacer.forget(now)
        api.quotas.forget(now)
        throttled = api.pacer.throttle(owner(call.own), now)
        if throttled is not None:
            return throttled
        credential = signer(call, api.pacer, api.quotas, now)
        if isinstance(credential, Refused):
            return credential
        refusals: list[Refused] = []
        for region in api.regions.in_order(call, now):
            spot = self._spot(call.destination, region)
            refused = spot.breaker.refusal(now) or spot.concurrency.refusal()
            if refused is None:
                spot.enter(call.id)
                api.quotas.take(call.id, credential, now)
                return spot.place(credential)
            refusals.append(refused)
        return refusals[0]

    def _spot(self, destination: Destination, region: Region) -> Spot:
        return self._spots.get(region.url) or self._met(destination, region)

    def _met(self, destination: Destination, region: Region) -> Spot:
        """Make the gates of a region that was not called before, and of its destination."""
        known = (self._spots.get(r.url) for r in destination.regions)
        api = next((spot.api for spot in known if spot is not None), None)
        if api is None:
            bounds = self._in_force(destination)
            counted = destination.credentials if "I4" in self._invariants else ()
            api = _Api(bounds, Quotas(counted, bounds, self._clock), self._now())
        if not destination.declared:
            if len(self._undeclared) >= _UNDECLARED_KNOWN:
                self._forget_undeclared(self._now())
            self._undeclared.add(region.url)
        spot = self._spots[region.url] = Spot(region, api, declared=destination.declared)
        return spot

    def _in_force(self, destination: Destination) -> GateBounds:
        bounds = destination.gates or self._bounds
        if "I3" not in self._invariants:
            bounds = replace(bounds, pacer=False)
        if "I4" not in self._invariants:
            bounds = replace(
                bounds,
                concurrency=_UNBOUNDED,
                retry_tokens=_UNBOUNDED,
                breaker_attempts=_UNBOUNDED,
            )
        return bounds

    def _forget_undeclared(self, now: float) -> None:
        """Keep no more than so many: a crawler meets a new address at every call.

        Forgotten are those that were used longest ago; one that keeps somebody waiting only where
        all do, and then the one whose time is over first; none with an attempt in flight.
        """
        idle = (
            (spot.binds_until(now), spot.used_at, url)
            for url in self._undeclared
            if (spot := self._spots[url]).concurrency.in_flight == 0
        )
        # Many at once, since looking at all of them for each new address would be slow.
        for *_, url in heapq.nsmallest(_FORGOTTEN_AT_ONCE, idle):
            self._undeclared.remove(url)
            del self._spots[url]


def _hear(spot: Spot, attempt: Attempt, found: Diagnosis, now: float) -> None:
    """Keep the wait that an answer named for others than its call."""
    bounds = spot.api.bounds
    spot.api.pacer.hears(found, owner(attempt.grant), known_as(attempt.grant), now)
    if found.wait_s and found.kind in _OF_THE_PLACE and bounds.pacer:
        spot.breaker.told(now + min(found.wait_s, bounds.hold_s))


def _count(
    api: _Api, attempt: Attempt, found: Diagnosis | None, windows: tuple[Window, ...], now: float
) -> Note | None:
    """Let the quotas learn from an attempt that ended; what to tell of its credential."""
    call, name = attempt.call, declared(attempt.grant)
    # Cancelled, it may have been sent; what has no token yet was not.
    sent = attempt.grant is not None if found is None else found.kind is not Kind.CONNECT_FAILED
    api.quotas.settle(call.id, now, sent=sent)
    if windows:
        api.quotas.hears(call.destination.credential(name), windows, now)
    note = api.quotas.signal(name, now)
    if note is None:
        return None
    following = first_with_left(call, api.pacer, api.quotas, now)
    takes_over = following if isinstance(following, str) and following != name else None
    return replace(note, data={**note.data, "region": attempt.region.name, "next": takes_over})
