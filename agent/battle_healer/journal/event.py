"""One thing that happened in an episode: how it is kept as text, and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from math import isfinite
from typing import Any, Final

from battle_healer.model import Call, Kind, Outcome, OutcomeKind, Parked, Step, Veto
from battle_healer.secret import MASK, Secret
from battle_healer.text import safe

BEGUN: Final = "EPISODE_BEGUN"
STEP: Final = "STEP"
ENDED: Final = "EPISODE"
CANCELLED: Final = "EPISODE_CANCELLED"

_TEXT_CHARACTERS: Final = 500


@dataclass(frozen=True, slots=True)
class Facts:
    """What every event of an episode carries. provider: the destination. region: the home one."""

    episode: str
    call: str
    correlation_id: str
    tenant: str
    provider: str
    region: str
    endpoint: str
    method: str


@dataclass(frozen=True, slots=True)
class Event:
    """One event. at: aware UTC time of day. data: whatever a note holds, or plain once read."""

    of: Facts
    name: str
    at: datetime
    data: Mapping[str, Any]


def facts_of(call: Call, episode: str) -> Facts:
    """What the events of this call's episode carry."""
    return Facts(
        episode=episode,
        call=call.id,
        correlation_id=call.correlation_id,
        tenant=call.tenant,
        provider=call.destination.name,
        region=call.home.name,
        endpoint=call.endpoint.name,
        method=call.method,
    )


_CARRIED: Final = frozenset(row.name for row in fields(Facts)) - {"region"}


def text_of(data: Mapping[str, Any]) -> str:
    """Event data as JSON text, without what `Facts` says already; every text in it safe (I7).

    I2: bodies and secrets have no form here, whoever put them in.
    """
    rows = {name: plain(value) for name, value in data.items() if name not in _CARRIED}
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def plain(value: Any) -> Any:
    """What JSON can hold of a value: dataclasses by field, texts safe and short."""
    match value:
        case Enum():
            return plain(value.value)
        case Mapping():
            return {safe(str(name)): plain(item) for name, item in value.items()}
        case tuple() | list():
            return [plain(item) for item in value]
        case _ if is_dataclass(value):
            return {row.name: plain(getattr(value, row.name)) for row in fields(value)}
        case _:
            return _scalar(value)


def _scalar(value: Any) -> Any:
    match value:
        case None | bool() | int():
            return value
        case float():
            return round(value, 6) if isfinite(value) else None
        case str():
            return safe(value, _TEXT_CHARACTERS)
        case Secret():
            return MASK
        case _:
            return type(value).__name__


def step_of(data: Mapping[str, Any]) -> Step:
    """The step that a STEP event's plain data tells of. Raises KeyError, TypeError, ValueError."""
    given = dict(data["step"])
    vetoes = tuple(Veto(**veto) for veto in given.pop("vetoes"))
    menu, kind = tuple(given.pop("menu")), Kind(given.pop("kind"))
    return Step(**given, kind=kind, vetoes=vetoes, menu=menu)


def outcome_of(data: Mapping[str, Any], steps: tuple[Step, ...]) -> Outcome:
    """The outcome that an EPISODE event's plain data tells of; raises as `step_of` does."""
    given = dict(data["outcome"])
    queued = given.pop("queued")
    return Outcome(
        **given | {"adapted": (), "steps": steps},
        kind=OutcomeKind(given.pop("kind")),
        queued=None if queued is None else Parked(**queued),
    )


def without_steps(outcome: Outcome) -> Outcome:
    """An outcome whose steps are told by events of their own."""
    return replace(outcome, steps=())
