"""Errors of the chaos server: what happened, where, and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MockError(Exception):
    """Base of all errors of this room. All three parts are safe to print."""

    def __init__(self, what: str, where: str, fix: str) -> None:
        super().__init__(what, where, fix)  # positional, so that it pickles
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.fix}"


class PortInUseError(MockError):
    """The address is taken by somebody else, or may not be used."""


class StartError(MockError):
    """The server ended before it could answer."""


class BadInputError(MockError):
    """Something a client wrote cannot be read; becomes a 400 that names the item.

    known: the words that would have been right, empty where there is no list.
    nearest: the known word closest to what was written, or None.
    """

    def __init__(
        self,
        what: str,
        where: str,
        fix: str,
        known: tuple[str, ...] = (),
        nearest: str | None = None,
    ) -> None:
        super().__init__(what, where, fix)
        self.args = (what, where, fix, known, nearest)
        self.known = known
        self.nearest = nearest


def nearest_name(word: str, known: Iterable[str]) -> str | None:
    """The known name closest to `word`, or None when none resembles it."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return found[0] if found else None


def unknown_name(kind: str, word: str, where: str, known: Iterable[str]) -> BadInputError:
    """An error for a name that is in no table: lists what is known and the nearest."""
    names = tuple(known)
    near = nearest_name(word, names)
    hint = f"Did you mean {near!r}? " if near else ""
    return BadInputError(
        f"unknown {kind} {word[:80]!r}", where, f"{hint}Known: {', '.join(names)}.", names, near
    )
