"""Reads `region_down@us,flaky=0.3*2,latency=100ms~plain`: the faults that a request asks for.

The grammar is in `grammar`. Everything is checked here, before anything happens: a typo must not
look like health.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from battle_healer_mock.dialects import table as dialects
from battle_healer_mock.errors import BadInputError, unknown_name
from battle_healer_mock.fault import Fault, Stage
from battle_healer_mock.faults import table as faults
from battle_healer_mock.grammar import (
    FOREVER,
    TriggerError,
    Written,
    read_items,
    read_value,
)
from battle_healer_mock.regions import REGION_NAMES

__all__ = [
    "FOREVER",
    "NOTHING",
    "Item",
    "Trigger",
    "TriggerError",
    "join",
    "parse",
]


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
    """The faults of a request, ordered by stage, and within a stage as written.

    text: as written, without blanks. stages: where any of them strikes.
    """

    items: tuple[Item, ...] = ()
    text: str = ""
    by_stage: dict[Stage, tuple[Item, ...]] = field(default_factory=dict, compare=False)
    stages: tuple[Stage, ...] = ()


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
    try:
        return _ordered([_item(written, where) for written in read_items(text, where)])
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
    return Trigger(numbered, ",".join(item.text for item in items), by_stage, tuple(stages))


def _item(written: Written, where: str) -> Item:
    fault = faults.BY_NAME.get(written.name)
    if fault is None:
        raise unknown_name("fault", written.name, where, faults.NAMES)
    if written.region is not None and written.region not in REGION_NAMES:
        raise unknown_name("region", written.region, where, REGION_NAMES)
    if written.dialect is not None and written.dialect not in dialects.BY_NAME:
        raise unknown_name("dialect", written.dialect, where, dialects.BY_NAME)
    value = read_value(fault.name, fault.argument, written.value, where)
    return Item(fault, written.text, value, written.count, written.region, written.dialect)
