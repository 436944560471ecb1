"""The grammar of triggers, without a table of faults: `name=value*2@eu~plain`, comma-separated.

    trigger = [ item ] { "," [ item ] } ;        at most 512 characters, 16 items
    item    = name { "=" value | "*" count | "@" region | "~" dialect } ;

Each suffix stands at most once, in any order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from battle_healer_mock.argument import Argument
from battle_healer_mock.errors import BadInputError, nearest_name

MOST_CHARACTERS: Final = 512
MOST_ITEMS: Final = 16
FOREVER: Final = float("inf")

_SUFFIX: Final = {
    "=": re.compile(r"[A-Za-z0-9._:/+%-]+"),
    "*": re.compile(r"inf|[1-9][0-9]{0,3}"),
    "@": re.compile(r"[a-z0-9][a-z0-9_-]*"),
    "~": re.compile(r"[a-z0-9][a-z0-9_-]*"),
}
_MEANING: Final = {"=": "value", "*": "count", "@": "region", "~": "dialect"}


class TriggerError(BadInputError):
    """A trigger that cannot be read; names the item, what is known, and the nearest name."""


@dataclass(frozen=True, slots=True)
class Written:
    """One item as it was written. name: maybe of no fault. count: None where none is given."""

    text: str
    name: str
    value: str | None = None
    count: float | None = None
    region: str | None = None
    dialect: str | None = None


def read_items(text: str, where: str) -> list[Written]:
    """The items of a trigger, in order. Raises TriggerError; `where` names its place."""
    if len(text) > MOST_CHARACTERS:
        raise TriggerError(
            f"a trigger of {len(text)} characters", where, f"At most {MOST_CHARACTERS} are read."
        )
    written = [part.strip(" \t") for part in text.split(",")]
    parts = [part for part in written if part]
    if len(parts) > MOST_ITEMS:
        raise TriggerError(f"{len(parts)} faults", where, f"At most {MOST_ITEMS} are read.")
    return [_item(part, where) for part in parts]


def _item(text: str, where: str) -> Written:
    match = re.match(r"[a-z][a-z0-9_]*", text)
    if match is None:
        # No fault has such a name; whoever looks it up says so, and what is known.
        return Written(text, re.split(r"[=*@~]", text, maxsplit=1)[0])
    given = _suffixes(text, text[match.end() :], where)
    return Written(text, match[0], given.get("="), _count(given), given.get("@"), given.get("~"))


def _suffixes(text: str, rest: str, where: str) -> dict[str, str]:
    given: dict[str, str] = {}
    while rest:
        mark = rest[0]
        match = _SUFFIX[mark].match(rest, 1) if mark in _SUFFIX else None
        if match is None:
            raise TriggerError(
                f"{text[:80]!r} cannot be read at {rest[:20]!r}", where,
                "Write NAME, then =value, *count, @region or ~dialect, e.g. flaky=0.3*2@eu.",
            )  # fmt: skip
        if mark in given:
            raise TriggerError(
                f"{text[:80]!r} has two {_MEANING[mark]}s", where, f"Keep one {mark!r}."
            )
        given[mark] = match[0]
        rest = rest[match.end() :]
    return given


def _count(given: dict[str, str]) -> float | None:
    text = given.get("*")
    if text is None:
        return None
    return FOREVER if text == "inf" else int(text)


def read_value(name: str, spec: Argument | None, text: str | None, where: str) -> object:
    """The value behind a fault's `=`, or its default. Raises TriggerError where it cannot be."""
    if spec is None:
        if text is not None:
            raise TriggerError(
                f"{name!r} takes no value, but was given {text[:40]!r}", where,
                f"Write {name} alone.",
            )  # fmt: skip
        return None
    text = spec.default if text is None else text
    if text is None:
        raise TriggerError(f"{name!r} needs a value", where, f"Write {name}={spec.forms[0]}.")
    try:
        return spec.read(text)
    except ValueError as reason:
        fix = f"{name} takes {spec.help}: {', '.join(spec.forms)}."
        raise TriggerError(
            f"{name}: {reason}", where, fix, spec.forms, nearest_name(text, spec.forms)
        ) from reason
