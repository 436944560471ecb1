"""Which call a request belongs to, and what the server remembers of each call."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from battle_healer_mock.bounds import ROWS
from battle_healer_mock.chance import text_digest
from battle_healer_mock.fault import Memo
from battle_healer_mock.keys import read_key
from battle_healer_mock.request import Request

# One for all calls: most spend nothing, and 100,000 empty dicts are 6 MB.
_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})
MOST_SPENDERS: Final = 100
INFERRED_IDLE_S: Final = 60.0
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_TRACE: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*")


@dataclass(slots=True)
class Identity:
    """How a request named its call: `found` says by what, `tail` is added behind the count.

    A value: not frozen for the reason that answer.py gives.
    """

    base: str
    found: str
    tail: str = ""


@dataclass(slots=True)
class Call:
    """One thing that a client wants done: its attempts are counted, its faults remembered.

    spent: how much of its retry budget it used, by digest of the token.
    demanded: names of body fields that a `repair` fault has changed the meaning of.
    """

    key: str
    generation: int = 1
    ordinal: int = 0
    ended: bool = False
    last_s: float = 0.0
    memos: dict[str, Memo] = field(default_factory=dict)
    spent: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    demanded: frozenset[str] = frozenset()

    def spend(self, token: str, most: int) -> int:
        """Take 1 of what the token, given by its digest, may spend; what it has spent so far."""
        before = self.spent.get(token, 0)
        if before >= most:
            return most
        others = {name: n for name, n in self.spent.items() if name != token}
        # Of very many tokens the latest are remembered.
        while len(others) >= MOST_SPENDERS:
            del others[next(iter(others))]
        self.spent = {**others, token: before + 1}
        return before + 1

    def memo(self, site: str) -> Memo:
        """What the fault at `site` remembers of this call."""
        found = self.memos.get(site)
        if found is None:
            found = self.memos[site] = Memo()
        return found


def valid_name(text: str | None) -> str | None:
    """A correlation or call id that may be echoed and stored, else None."""
    return text if text is not None and _NAME.fullmatch(text) else None


def identify(request: Request, trigger: str, account: str) -> Identity:
    """The call that a request says it belongs to.

    In this order: `Healer-Call`; correlation id with method and path; account and idempotency
    key; trace id; else a digest of client address, path and trigger. Never the body or the
    token, since a repair or a refresh changes them.
    """
    headers, method, path = request.headers, request.method, request.route
    if "healer-call" in headers and (name := valid_name(headers["healer-call"])):
        return Identity(name, "healer-call")
    if "x-correlation-id" in headers and (name := valid_name(headers["x-correlation-id"])):
        return Identity(name, "correlation-id", f" {method} {path}")
    if "idempotency-key" in headers and (key := read_key(headers["idempotency-key"])):
        return Identity(f"key:{account}:{key.value}", "idempotency-key")
    if "traceparent" in headers and (trace := _TRACE.fullmatch(headers["traceparent"])):
        return Identity(f"trace:{trace[1]}", "traceparent", f" {method} {path}")
    return Identity(
        f"inferred:{text_digest(f'{request.client} {method} {path} {trigger}')}", "inferred"
    )


class Calls:
    """The calls that the server knows; bounded, the longest unused is forgotten first."""

    def __init__(self, most: int = ROWS.default) -> None:
        self._most = most
        self._calls: OrderedDict[str, Call] = OrderedDict()
        self.forgotten = 0

    def __len__(self) -> int:
        return len(self._calls)

    def next_attempt(self, identity: Identity, now_s: float) -> Call:
        """The call of a request that arrives now, with its attempt counted."""
        name = identity.base + identity.tail
        call = self._calls.get(name)
        if call is None or self._is_over(call, identity, now_s):
            generation = 1 if call is None else call.generation + 1
            count = f"#{generation}" if generation > 1 else ""
            call = Call(identity.base + count + identity.tail, generation)
            self._calls[name] = call
            if len(self._calls) > self._most:
                self._calls.popitem(last=False)
                self.forgotten += 1
        self._calls.move_to_end(name)
        call.ordinal += 1
        call.last_s = now_s
        return call

    @staticmethod
    def _is_over(call: Call, identity: Identity, now_s: float) -> bool:
        # A call that the client names outright never ends by itself.
        if identity.found == "healer-call":
            return False
        idle = identity.found == "inferred" and now_s - call.last_s > INFERRED_IDLE_S
        return call.ended or idle
