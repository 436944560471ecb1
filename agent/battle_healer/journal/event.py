"""One thing that happened in an episode: how it is kept as text, and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from battle_healer.model import Asked, Call, Kind, Outcome, OutcomeKind, Parked, Step, Veto
from battle_healer.text import safe

BEGUN: Final = "EPISODE_BEGUN"
STEP: Final = "STEP"
ENDED: Final = "EPISODE"
CANCELLED: Final = "EPISODE_CANCELLED"

_TEXT_CHARACTERS: Final = 500
_LONGER: Final = {"sent": 8192}
"""What a planner was asked is JSON: cut, it could not be read again. Its asker has bounded it."""
_PLAIN_CHARACTERS: Final = 4000
_TOLD_APART: Final = frozenset({"steps", "adapted", "original"})
"""Of an outcome: its steps are events of their own, and bodies are not kept."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What every event carries. provider: the destination. region: the home one.

    episode: `ep-` and more; the id of something else for an event that is in none.
    """

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
    rows = {name: value for name, value in data.items() if name not in _CARRIED}
    text = _ENCODER.encode(rows)
    # Nearly always nothing is to be made safe, and to see that is ten times as fast as to do it.
    if text.isascii() and text.isprintable() and "\\" not in text and len(text) < _PLAIN_CHARACTERS:
        return text
    return _ENCODER.encode(plain(json.loads(text)))


def plain(value: Any, longest: int = _TEXT_CHARACTERS) -> Any:
    """The same JSON value with every text in it safe and short; alone, of `longest` at most."""
    match value:
        case str():
            return safe(value, longest)
        case dict():
            return {
                safe(name): plain(item, _LONGER.get(name, _TEXT_CHARACTERS))
                for name, item in value.items()
            }
        case list():
            return [plain(item) for item in value]
        case _:
            return value


def _rows(value: Any) -> Any:
    """What JSON can hold of another value: fields of ours; of anything else its type alone."""
    if is_dataclass(value):
        return {name: getattr(value, name) for name in _names(value.__class__)}
    return dict(value) if isinstance(value, Mapping) else type(value).__name__


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(row.name for row in fields(kind) if row.name not in _TOLD_APART)


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_rows)


def step_of(data: Mapping[str, Any]) -> Step:
    """The step that a STEP event's plain data tells of. Raises KeyError, TypeError, ValueError."""
    given = dict(data["step"])
    vetoes = tuple(Veto(**veto) for veto in given.pop("vetoes"))
    menu, kind = tuple(given.pop("menu")), Kind(given.pop("kind"))
    asked = None if (told := given.pop("asked")) is None else _asked(told)
    return Step(**given, kind=kind, vetoes=vetoes, menu=menu, asked=asked)


def _asked(data: Mapping[str, Any]) -> Asked:
    scores = tuple((str(plan), float(chance)) for plan, chance in data["scores"])
    return Asked(**dict(data) | {"scores": scores})


def outcome_of(data: Mapping[str, Any], steps: tuple[Step, ...]) -> Outcome:
    """The outcome that an EPISODE event's plain data tells of; raises as `step_of` does."""
    given = dict(data["outcome"])
    kind, queued = OutcomeKind(given.pop("kind")), given.pop("queued")
    return Outcome(kind, steps=steps, queued=queued and Parked(**queued), **given)
