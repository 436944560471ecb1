"""What a reader finds in a reply: facts as the reply states them, not yet a diagnosis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.model import Processed

Place = Literal["body", "query", "header", "path"]


@dataclass(frozen=True, slots=True)
class Blame:
    """A field that an error blames, as the error spells it.

    name: `items[0].price`, `/items/0/price`, `amount`, tokens joined by dots …
    text: what it says about the field. code: the error's own word for what is wrong.
    change: a JSON Patch operation that the reply offers. allowed: values that it lists.
    expected: a type that it names in a member of its own. suggested: names that members of
    its own offer instead of this one, as the error spells them.
    """

    name: str
    place: Place = "body"
    text: str = ""
    code: str = ""
    change: Mapping[str, Any] | None = None
    allowed: tuple[Any, ...] = ()
    expected: str = ""
    suggested: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What one reader took from a reply.

    codes: the error's own words, the most telling first. prose: its sentences, same order.
    status: a status that the body states. scope: one that it says is missing.
    processed: only where the *specification* of this shape says so. partly: some of the work
    was done although the reply tells a failure. evidence: pointers into the exchange.
    """

    codes: tuple[str, ...] = ()
    prose: tuple[str, ...] = ()
    blames: tuple[Blame, ...] = ()
    status: int | None = None
    scope: str | None = None
    processed: Processed | None = None
    partly: bool = False
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """One error shape. `shape` completes "the reply is ..."; `source` is where it is specified.

    part: readers of the head add to what a reader of the body found.
    read: the finding, or None where the reply has another shape.
    """

    name: str
    shape: str
    source: str
    read: Callable[[Exchange], Finding | None]
    part: Literal["head", "body"] = "body"
