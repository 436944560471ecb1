"""Tokens: which one is current, and one refresh for everybody who holds the refused one.

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
from http import HTTPStatus
from typing import Any, Final

from battle_healer import pointers
from battle_healer.clock import Clock
from battle_healer.commands import Acquire, Denied, Refresh
from battle_healer.errors import HealerError
from battle_healer.model import Call, Grant, Lost, Reply
from battle_healer.posts import Post, json_of, post_to
from battle_healer.rules import CredentialRule, Destination, Region, TokenCall
from battle_healer.secret import Secret

_TOKEN_POINTERS: Final = ("/token", "/access_token")
_TOKEN_CHARACTERS: Final = 16_384
_SUCCESSORS: Final = 10_000
_GENERATIONS: Final = 16  # refreshes of a caller's own token that are followed from the first
_DENIAL_S: Final = 5.0  # how long a failed refresh of one token stands, so that no storm starts
_REFUSALS: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
)


@dataclass(frozen=True, slots=True)
class Source:
    """A callable that gives a token; it may block (a file, a command)."""

    read: Callable[[], Secret]


Step = Post | Source
StepAnswer = Reply | Lost | Secret | Denied | None
Result = Grant | Denied
Key = tuple[str, str, str]


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


@dataclass(frozen=True, slots=True)
class _Token:
    """A token and the monotonic second at which it ends; None where nobody said."""

    secret: Secret
    ends: float | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    """A grant that is current until `ends`."""

    grant: Grant
    ends: float | None


def read_source(source: Source) -> Secret | Denied:
    """Call a source; what it raises becomes a reason."""
    try:
        return source.read()
    except HealerError as error:
        return Denied(str(error))
    except Exception as error:
        return Denied(f"the token source failed: {type(error).__name__}")


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
        return self._keep(destination, rule, _Token(rule.source))

    def acquire(self, command: Acquire) -> Grant | Denied | Follow | Lead:
        """Decide how to get the current token of a declared credential."""
        call, rule = command.call, command.call.destination.credential(command.credential)
        key = (call.destination.name, rule.name)
        with self._lock:
            current = self.current(call.destination, rule.name)
            if current is not None:
                return current
            ended = self._held.get(key)
            used = ended.grant.token if ended else None
            return self._lead_or_follow(
                (*key, ""), lambda: self._renewed(call, command.region, rule, used, None)
            )

    def refresh(self, command: Refresh) -> Grant | Denied | Follow | Lead:
        """Decide how to replace the token that was refused."""
        call, used = command.call, command.used
        rule = call.destination.credential(command.credential)
        if used is not None and call.own is not None and self._is_own(call, rule, used):
            return self._refresh_own(command, call.own, rule, used)
        key = (call.destination.name, rule.name)
        with self._lock:
            held = self._held.get(key)
            if held is not None and held.grant.token != used and self._is_good(held):
                return held.grant
            return self._lead_or_follow(
                (*key, ""),
                lambda: self._renewed(call, command.region, rule, used, command.status),
            )

    def _refresh_own(
        self, command: Refresh, own: Grant, rule: CredentialRule, used: Secret
    ) -> Grant | Denied | Follow | Lead:
        """Replace the caller's own token, through the exchange that the policy declares."""
        key = (command.call.destination.name, rule.name, used.digest())
        with self._lock:
            successor = self._successors.get(key)
            if successor is not None and self._is_good(successor):
                return successor.grant
            return self._lead_or_follow(
                key, lambda: self._renewed_own(command, own, rule, used, key)
            )

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
        self, key: Key, steps: Callable[[], Generator[Step, StepAnswer, Result]]
    ) -> Denied | Follow | Lead:
        """Join the exchange under way, or start it. Called with the lock held."""
        flight = self._flights.get(key)
        if flight is not None:
            return Follow(flight)
        denied = self._denials.get(key)
        if denied is not None and self._clock.now() < denied[0]:
            return denied[1]
        mine: Future[Result | None] = Future()
        mine.set_running_or_notify_cancel()  # a task that stops waiting must not cancel it
        self._flights[key] = mine
        return Lead(steps(), lambda result: self._finish(key, mine, result))

    def _finish(self, key: Key, flight: Future[Result | None], result: Result | None) -> None:
        with self._lock:
            self._flights.pop(key, None)
            if isinstance(result, Denied):
                self._denials[key] = (self._clock.now() + _DENIAL_S, result)
                _bound(self._denials)
        flight.set_result(result)

    def _renewed(
        self,
        call: Call,
        region: Region,
        rule: CredentialRule,
        used: Secret | None,
        status: int | None,
    ) -> Generator[Step, StepAnswer, Result]:
        """Refresh first; where that is refused or not declared, the source once."""
        if rule.refresh is not None and used is not None:
            token, refused = yield from self._refreshed(call, region, rule.refresh, used, status)
            if isinstance(token, _Token):
                return self._keep(call.destination, rule, token)
            if not refused:
                return token
        minted = yield from self._minted(call, region, rule)
        if isinstance(minted, Denied):
            return minted
        if minted.secret == used:
            return Denied(f"credential {rule.name} has no newer token than the refused one")
        return self._keep(call.destination, rule, minted)

    def _renewed_own(
        self, command: Refresh, own: Grant, rule: CredentialRule, used: Secret, key: Key
    ) -> Generator[Step, StepAnswer, Result]:
        call, region = command.call, command.region
        if rule.refresh is not None:
            token, refused = yield from self._refreshed(
                call, region, rule.refresh, used, command.status
            )
            if isinstance(token, _Token):
                held = _Held(replace(own, token=token.secret), token.ends)
                with self._lock:
                    self._successors[key] = held
                    _bound(self._successors)
                return held.grant
            if not refused:
                return token
        current = self.current(call.destination, rule.name)
        if current is not None:
            return current
        minted = yield from self._minted(call, region, rule)
        return minted if isinstance(minted, Denied) else self._keep(call.destination, rule, minted)

    def _refreshed(
        self, call: Call, region: Region, how: TokenCall, used: Secret, status: int | None
    ) -> Generator[Step, StepAnswer, tuple[_Token | Denied, bool]]:
        """One refresh: the new token, or why there is none and whether it was *refused*."""
        body: dict[str, Any] = {"token": used.reveal()}
        if status is not None:
            body["failure_status"] = status
        post = post_to(how.target, body if how.body is None else how.body, call, region, self._now)
        if isinstance(post, Denied):
            return post, False
        answer = yield post
        token = self._token(answer, how, "the refresh")
        if isinstance(token, _Token) and token.secret == used:
            token = Denied("the refresh handed the refused token back")
        refused = isinstance(answer, Reply) and answer.status in _REFUSALS
        return token, refused

    def _minted(
        self, call: Call, region: Region, rule: CredentialRule
    ) -> Generator[Step, StepAnswer, _Token | Denied]:
        """A token from the credential's source."""
        source = rule.source
        if isinstance(source, Secret):
            return _Token(source)
        if isinstance(source, TokenCall):
            post = post_to(source.target, source.body or {}, call, region, self._now)
            if isinstance(post, Denied):
                return post
            return self._token((yield post), source, f"the token source of {rule.name}")
        answer = yield Source(source)
        if isinstance(answer, Secret):
            return _Token(answer)
        return answer if isinstance(answer, Denied) else Denied("the token source gave no Secret")

    def _token(self, answer: StepAnswer, how: TokenCall, what: str) -> _Token | Denied:
        """Read a token out of an answer: hostile text, of which only a plain token is taken."""
        if not isinstance(answer, (Reply, Lost)):
            return Denied(f"{what} gave no answer")
        value = json_of(answer, what)
        if isinstance(value, Denied):
            return value
        found = (
            pointers.get(value, p, None) for p in ((how.token,) if how.token else _TOKEN_POINTERS)
        )
        text = next((token for token in found if token is not None), None)
        if not isinstance(text, str) or not _is_token(text):
            return Denied(f"{what} answered without a usable token")
        lasts_s = pointers.get(value, how.expires_in or "/expires_in", None)
        if isinstance(lasts_s, bool) or not isinstance(lasts_s, (int, float)) or not lasts_s > 0:
            return _Token(Secret(text))
        return _Token(Secret(text), self._now + lasts_s)

    def _keep(self, destination: Destination, rule: CredentialRule, token: _Token) -> Grant:
        grant = Grant(rule.name, token.secret, rule.header, rule.scheme)
        self._held[destination.name, rule.name] = _Held(grant, token.ends)
        return grant

    @property
    def _now(self) -> float:
        return self._clock.now()

    def _is_good(self, held: _Held) -> bool:
        return held.ends is None or self._now < held.ends


def _is_token(text: str) -> bool:
    """Whether it may stand in a header: visible ASCII, of bearable length."""
    return (
        0 < len(text) <= _TOKEN_CHARACTERS
        and text.isascii()
        and all("!" <= character <= "~" for character in text)
    )


def _bound(table: OrderedDict[Key, Any]) -> None:
    while len(table) > _SUCCESSORS:
        table.popitem(last=False)
