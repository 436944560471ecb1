"""Reads `region_down@us,flaky=0.3*2,latency=100ms~plain`: the faults that a request asks for.

    trigger = [ item ] { "," [ item ] } ;        at most 512 characters, 16 items
    item    = name { "=" value | "*" count | "@" region | "~" dialect } ;

Each suffix stands at most once, in any order. Everything is checked here, before anything
happens: a typo must not look like health.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from battle_healer_mock.dialects import table as dialects
from battle_healer_mock.errors import BadInputError, nearest_name, unknown_name
from battle_healer_mock.fault import Fault, Stage
from battle_healer_mock.faults import table as faults
from battle_healer_mock.regions import REGION_NAMES

MOST_CHARACTERS: Final = 512
MOST_ITEMS: Final = 16
MOST_TIMES: Final = 9999
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
class Item:
    """One fault asked for. `count` None means the binding's own rule; `site` names its chance."""

    fault: Fault
    text: str
    argument: object = None
    count: float | None = None
    region: str | None = None
    dialect: str | None = None
    site: str = ""

    @property
    def stage(self) -> Stage:
        """Where it strikes: for some faults the argument decides."""
        return self.fault.stage_for(self.argument)


@dataclass(frozen=True, slots=True)
class Trigger:
    """The faults of a request, ordered by stage, and within a stage as written."""

    items: tuple[Item, ...] = ()
    by_stage: dict[Stage, tuple[Item, ...]] = field(default_factory=dict, compare=False)

    @property
    def text(self) -> str:
        """The trigger as written, without blanks."""
        return ",".join(item.text for item in self.items)


NOTHING: Final = Trigger()


def join(*triggers: Trigger) -> Trigger:
    """Several triggers as one: their items are numbered in this order."""
    full = [trigger for trigger in triggers if trigger.items]
    if len(full) <= 1:
        return full[0] if full else NOTHING
    return _ordered([item for trigger in full for item in trigger.items])


@lru_cache(maxsize=4096)
def parse(text: str, where: str = "X-Simulate-Failure") -> Trigger:
    """The faults in `text`. Raises TriggerError; `where` names the header or query in it."""
    if len(text) > MOST_CHARACTERS:
        raise TriggerError(
            f"a trigger of {len(text)} characters", where, f"At most {MOST_CHARACTERS} are read."
        )
    written = [part.strip(" \t") for part in text.split(",")]
    parts = [part for part in written if part]
    if len(parts) > MOST_ITEMS:
        raise TriggerError(f"{len(parts)} faults", where, f"At most {MOST_ITEMS} are read.")
    try:
        return _ordered([_item(part, where) for part in parts])
    except TriggerError:
        raise
    except BadInputError as error:
        raise TriggerError(error.what, where, error.fix, error.known, error.nearest) from error


def _ordered(items: Sequence[Item]) -> Trigger:
    numbered = tuple(
        replace(item, site=f"{item.fault.name}#{index}") for index, item in enumerate(items)
    )
    stages = sorted({item.stage for item in numbered})
    by_stage = {stage: tuple(item for item in numbered if item.stage == stage) for stage in stages}
    return Trigger(numbered, by_stage)


def _item(text: str, where: str) -> Item:
    match = re.match(r"[a-z][a-z0-9_]*", text)
    name = match[0] if match else re.split(r"[=*@~]", text, maxsplit=1)[0]
    fault = faults.BY_NAME.get(name)
    if match is None or fault is None:
        raise unknown_name("fault", name, where, faults.NAMES)
    given = _suffixes(text, text[match.end() :], where)
    region, dialect = given.get("@"), given.get("~")
    if region is not None and region not in REGION_NAMES:
        raise unknown_name("region", region, where, REGION_NAMES)
    if dialect is not None and dialect not in dialects.BY_NAME:
        raise unknown_name("dialect", dialect, where, dialects.BY_NAME)
    return Item(fault, text, _argument(fault, given, where), _count(given), region, dialect)


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


def _argument(fault: Fault, given: dict[str, str], where: str) -> object:
    text = given.get("=")
    spec = fault.argument
    if spec is None:
        if text is not None:
            raise TriggerError(
                f"{fault.name!r} takes no value, but was given {text[:40]!r}", where,
                f"Write {fault.name} alone.",
            )  # fmt: skip
        return None
    text = spec.default if text is None else text
    if text is None:
        raise TriggerError(
            f"{fault.name!r} needs a value", where, f"Write {fault.name}={spec.forms[0]}."
        )
    try:
        return spec.read(text)
    except ValueError as reason:
        fix = f"{fault.name} takes {spec.help}: {', '.join(spec.forms)}."
        raise TriggerError(
            f"{fault.name}: {reason}", where, fix, spec.forms, nearest_name(text, spec.forms)
        ) from reason
