"""A small server that keeps a ledger of all that reached it. It imports nothing of the agent.

It is honest: where its status promises that nothing was processed, nothing was. All else that it
says is random. Harm is read from the ledger, so the loop's word for itself counts for nothing.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

GOOD = b'{"id":"c1"}'


@dataclass(frozen=True)
class Shown:
    """What the server does with one request.

    status: 0 where the reply was lost. acts: the write takes effect all the same.
    wait_s: for how long it wants to hear nothing from whoever sent it.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = GOOD
    acts: bool = False
    wait_s: float = 0.0
    lost: str = ""


@dataclass(frozen=True)
class Arrival:
    """One request, as it arrived: bytes, and when. sender: the credential that signed it."""

    at_s: float
    origin: str
    sender: str
    method: str
    key: str | None
    body: bytes | None


@dataclass
class Ledger:
    """All arrivals, what each was shown, and what took effect. The last reply is for ever.

    accounts: sender to account. honours_keys: a key is known per account, and acts once.
    """

    course: tuple[Shown, ...]
    accounts: Mapping[str, str]
    origins: frozenset[str]
    honours_keys: bool
    arrivals: list[Arrival] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    effects: list[Arrival] = field(default_factory=list)
    early: int = 0
    parked: bool = False
    _held: dict[tuple[str, str], float] = field(default_factory=dict)
    _keys: set[tuple[str, str]] = field(default_factory=set)

    def take(self, request: Arrival) -> Shown:
        """Write a request down, and do with it what comes next in the course."""
        shown = self.course[min(len(self.arrivals), len(self.course) - 1)]
        place = (request.origin, request.sender)
        self.early += request.at_s < self._held.get(place, 0.0) - 1e-6
        if shown.wait_s:
            self._held[place] = max(self._held.get(place, 0.0), request.at_s + shown.wait_s)
        self.arrivals.append(request)
        self.shown.append(shown)
        if shown.acts:
            self._act(request)
        return shown

    def _act(self, request: Arrival) -> None:
        if request.method in ("GET", "HEAD"):
            return
        if request.key is not None and self.honours_keys:
            known = (self.accounts.get(request.sender, request.sender), request.key)
            if known in self._keys:
                return
            self._keys.add(known)
        self.effects.append(request)


@dataclass(frozen=True)
class Told:
    """What the caller was told at the end. kind, effect: the outcome's words."""

    kind: str
    effect: str
    requests: int


def harms(ledger: Ledger, told: Told | None, bound: int, deadline_s: float) -> Iterator[str]:
    """Every promise that was broken, by the name of its invariant.

    told: None where the call did not end. bound: requests. The protected field is `/amount`.
    """
    first = ledger.arrivals[0]
    is_idempotent = first.method in ("GET", "HEAD", "PUT", "DELETE")
    if not is_idempotent and len(ledger.effects) > 1:
        yield f"I1: {len(ledger.effects)} effects"
    keyed = first.key is not None and ledger.honours_keys
    if ledger.parked and ledger.effects and not (is_idempotent or keyed):
        yield "I1: parked after it took effect"
    if {sent.key for sent in ledger.arrivals} != {first.key}:
        yield "I1: the key changed"
    if any(sent.origin not in ledger.origins for sent in ledger.arrivals):
        yield "I2: a credential went to a stranger"
    if any(sent.sender not in ledger.accounts for sent in ledger.arrivals):
        yield "I2: somebody else's credential was used"
    if ledger.early:
        yield f"I3: {ledger.early} came early"
    if told is None or len(ledger.arrivals) > bound:
        yield f"I4: {len(ledger.arrivals)} requests, and it ended: {told is not None}"
    if any(sent.at_s > deadline_s for sent in ledger.arrivals):
        yield "I4: a request after the deadline"
    if any(_amount(sent.body) != _amount(first.body) for sent in ledger.arrivals):
        yield "I5: the protected field changed"
    yield from _lies(ledger, told)


def _lies(ledger: Ledger, told: Told | None) -> Iterator[str]:
    if told is None:
        return
    if told.kind == "degraded" and ledger.arrivals[0].method not in ("GET", "HEAD"):
        yield "I6: a substitute passed for a write"
    # A redirect that nobody follows is an answer to who asks, and none to who acts.
    good = range(200, 400 if ledger.arrivals[0].method in ("GET", "HEAD") else 300)
    if told.kind == "delivered" and ledger.shown[-1].status not in good:
        yield f"I6: called delivered, the server said {ledger.shown[-1].status}"
    if told.effect == "none" and ledger.effects:
        yield "I6: it took effect, and that is denied"
    if told.requests != len(ledger.arrivals):
        yield f"I6: {told.requests} requests were told of {len(ledger.arrivals)}"


def _amount(body: bytes | None) -> Any:
    try:
        told = json.loads(body or b"{}")
    except ValueError:
        return body
    return told.get("amount") if isinstance(told, dict) else told
