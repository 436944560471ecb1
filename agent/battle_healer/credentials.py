"""Tokens: which one is current, and one renewal for everybody who holds the refused one.

Decided under a lock, carried out by the caller outside it: whoever finds a token refused is told
to use a newer one, to follow the exchange that somebody else makes, or to lead it. Who waited
compares the token that it *used* with the current one, so a late 401 starts no second refresh.
Futures belong to no event loop: threads and tasks of any loop wait for the same one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, Final

from battle_healer.clock import Clock
from battle_healer.commands import Acquire, Denied, Refresh
from battle_healer.model import Call, Grant
from battle_healer.renewal import Step, StepAnswer, Token, Want, minted, refreshed, renewed
from battle_healer.rules import CredentialRule, Destination
from battle_healer.secret import Secret

_SUCCESSORS: Final = 10_000
_GENERATIONS: Final = 16  # refreshes of a caller's own token that are followed from the first
_DENIAL_S: Final = 5.0  # how long a failed renewal stands at least, so that no storm starts

Result = Grant | Denied
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Follow:
    """Somebody makes the exchange: wait. None means that they gave up, so ask again."""

    result: Future[Result | None]


@dataclass(frozen=True, slots=True)
class Lead:
    """Carry out `steps`, then call `finish`, in any event: others may follow.

    finish: takes the result, or None if the steps were abandoned.
    """

    steps: Generator[Step, StepAnswer, Result] = field(repr=False)
    finish: Callable[[Result | None], None] = field(repr=False)


Decision = Grant | Denied | Follow | Lead


@dataclass(frozen=True, slots=True)
class _Held:
    """A grant that is current until the monotonic second `ends`; None where nobody said."""

    grant: Grant
    ends: float | None


class Credentials:
    """The current tokens of all destinations of one client. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[tuple[str, str], _Held] = {}
        self._flights: dict[Key, Future[Result | None]] = {}
        # By digest of the caller's own old token: never a credential's own (I2), and bounded.
        self._successors: OrderedDict[Key, _Held] = OrderedDict()
        self._denials: OrderedDict[Key, tuple[float, Denied]] = OrderedDict()

    def current(self, destination: Destination, name: str) -> Grant | None:
        """Return the token that needs no I/O; None where it has to be acquired first."""
        held = self._held.get((destination.name, name))
        if held is not None:
            return held.grant if self._is_good(held) else None
        rule = destination.credential(name)
        if not isinstance(rule.source, Secret):
            return None
        return self._keep(destination, rule, Token(rule.source))

    def acquire(self, command: Acquire) -> Decision:
        """Decide how to get the current token of a declared credential."""
        call, rule = command.call, command.call.destination.credential(command.credential)
        key = (call.destination.name, rule.name)
        with self._lock:
            current = self.current(call.destination, rule.name)
            if current is not None:
                return current
            ended = self._held.get(key)
            used = ended.grant.token if ended else None
            want = Want(call, command.region, rule, self._clock, used)
            return self._lead_or_follow(key, want, lambda: self._renewed(want))

    def refresh(self, command: Refresh) -> Decision:
        """Decide how to replace the token that was refused."""
        call, used = command.call, command.used
        rule = call.destination.credential(command.credential)
        want = Want(call, command.region, rule, self._clock, used, command.status)
        key = (call.destination.name, rule.name)
        if used is not None and self._is_own(call, rule, used):
            return self._refresh_own((*key, used.digest()), want)
        with self._lock:
            held = self._held.get(key)
            if held is not None and held.grant.token != used and self._is_good(held):
                return held.grant
            return self._lead_or_follow(key, want, lambda: self._renewed(want))

    def _refresh_own(self, key: Key, want: Want) -> Decision:
        """Replace the caller's own token, through the exchange that the policy declares."""
        with self._lock:
            successor = self._successors.get(key)
            if successor is not None and self._is_good(successor):
                return successor.grant
            return self._lead_or_follow(key, want, lambda: self._renewed_own(key, want))

    def _is_own(self, call: Call, rule: CredentialRule, used: Secret) -> bool:
        """Whether `used` is the caller's own token, or came of it by refreshes."""
        token = call.own.token if call.own else None
        for _ in range(_GENERATIONS):
            if token is None or token == used:
                break
            held = self._successors.get((call.destination.name, rule.name, token.digest()))
            token = held.grant.token if held else None
        return token == used

    def _lead_or_follow(
        self, key: Key, want: Want, steps: Callable[[], Generator[Step, StepAnswer, Result]]
    ) -> Denied | Follow | Lead:
        """Join the exchange under way, or start it. Called with the lock held."""
        flight = self._flights.get(key)
        if flight is not None:
            return Follow(flight)
        denied = self._denials.get((*key, want.region.name))
        if denied is not None and self._clock.now() < denied[0]:
            return denied[1]
        mine: Future[Result | None] = Future()
        mine.set_running_or_notify_cancel()  # a task that stops waiting must not cancel it
        self._flights[key] = mine
        return Lead(steps(), lambda result: self._finish(key, want, mine, result))

    def _finish(
        self, key: Key, want: Want, flight: Future[Result | None], result: Result | None
    ) -> None:
        now = self._clock.now()
        if isinstance(result, Denied) and now >= want.call.deadline:
            # The leader's own time was over; whoever follows may have more.
            result = None
        with self._lock:
            self._flights.pop(key, None)
            if isinstance(result, Denied):
                # I3: a server that named a time is not asked before.
                ends = now + max(_DENIAL_S, result.wait_s)
                self._denials[(*key, want.region.name)] = (ends, result)
                _bound(self._denials)
        flight.set_result(result)

    def _renewed(self, want: Want) -> Generator[Step, StepAnswer, Result]:
        token = yield from renewed(want)
        if isinstance(token, Denied):
            return token
        return self._keep(want.call.destination, want.rule, token)

    def _renewed_own(self, key: Key, want: Want) -> Generator[Step, StepAnswer, Result]:
        """Refresh the caller's token; where that is refused, the credential steps in."""
        token, ask_source = yield from refreshed(want)
        own = want.call.own
        if isinstance(token, Token) and own is not None:
            held = _Held(replace(own, token=token.secret), token.ends)
            with self._lock:
                self._successors[key] = held
                _bound(self._successors)
            return held.grant
        if isinstance(token, Denied) and not ask_source:
            return token
        current = self.current(want.call.destination, want.rule.name)
        if current is not None:
            return current
        token = yield from minted(want)
        if isinstance(token, Denied):
            return token
        return self._keep(want.call.destination, want.rule, token)

    def _keep(self, destination: Destination, rule: CredentialRule, token: Token) -> Grant:
        grant = Grant(rule.name, token.secret, rule.header, rule.scheme)
        self._held[destination.name, rule.name] = _Held(grant, token.ends)
        return grant

    def _is_good(self, held: _Held) -> bool:
        return held.ends is None or self._clock.now() < held.ends


def _bound(table: OrderedDict[Key, Any]) -> None:
    while len(table) > _SUCCESSORS:
        table.popitem(last=False)
