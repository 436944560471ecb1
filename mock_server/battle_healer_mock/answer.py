"""What the server can answer: a refusal in any dialect, a reply as it is, or broken bytes.

These are values: nobody changes one. Those that every exchange makes are not frozen, since that
trebles the price of making one (a Failure: 1.9 µs for 0.6).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

Told = Literal["no", "maybe", "yes"]
Headers = tuple[tuple[str, str], ...]
_NOTHING_MORE: Final[Mapping[str, object]] = MappingProxyType({})


@dataclass(slots=True)
class Failure:
    """A refusal or an error, before any dialect: the dialect decides how it is spelled.

    kind: slug that names the problem, `region-down`; part of the problem document's type.
    told: what the client may conclude about its write, if the dialect can say it.
    members: facts beyond the text (`retry_budget`, `errors`), for dialects that have room.
    wait_s: seconds until the server wants the next attempt, or None. Headers say it already.
    cure: the word for what heals it (`Cure` in fault.py), None where only a person can.
    """

    status: int
    kind: str
    title: str
    detail: str
    told: Told = "no"
    headers: Headers = ()
    members: Mapping[str, object] = field(default_factory=lambda: _NOTHING_MORE)
    wait_s: float | None = None
    cure: str | None = None
    soft: bool = False


@dataclass(slots=True)
class Reply:
    """A reply written as it is, in no dialect. `complete`: it is the service's own success."""

    payload: Mapping[str, object]
    headers: Headers = ()
    status: int = 200
    complete: bool = True
    told: Told = "yes"


@dataclass(frozen=True, slots=True)
class Page:
    """What something in front of the API wrote: in no dialect, and without the caller's id."""

    status: int
    kind: str
    html: str
    headers: Headers = ()
    told: Told = "maybe"


@dataclass(frozen=True, slots=True)
class Lost:
    """No reply in good order: `first` is written raw, then the connection ends, by RST or FIN.

    hold_s: how long the connection is held in silence before it ends, in the server's seconds.
    """

    end: Literal["rst", "fin"] = "rst"
    first: bytes = b""
    hold_s: float = 0.0
    told: Told = "maybe"


@dataclass(slots=True)
class Outgoing:
    """A reply ready to be sent; `told` is what it lets the client know."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    told: Told


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A success that breaks on the wire: `spoil` makes of it what is really sent."""

    reply: Reply
    spoil: Callable[[Outgoing], Lost]


Answer = Failure | Reply | Page | Lost | Spoilt


def whole_seconds(wait_s: float) -> int:
    """`wait_s` as Retry-After can say it: whole, rounded up, at least 0. RFC 9110, 10.2.3."""
    return max(0, math.ceil(wait_s - 1e-6))


def retry_after(wait_s: float) -> tuple[str, str]:
    """The Retry-After header for a wait in seconds."""
    return ("Retry-After", str(whole_seconds(wait_s)))
