"""How the values lie in tables: the columns of each, there and back."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, Final

from battle_healer_replay.engine import Row
from battle_healer_replay.entry import Action, Attempt, Entry, Payload, Reason, Result, State

ENTRY: Final = tuple(field.name for field in fields(Entry))
PAYLOAD: Final = tuple(field.name for field in fields(Payload))
ATTEMPT: Final = tuple(field.name for field in fields(Attempt))
ACTION: Final = tuple(field.name for field in fields(Action))

MOVING: Final = tuple(
    name
    for name in ENTRY[ENTRY.index("state") :]
)  # fmt: skip
"""Columns that a transition may change; the others say what the entry is."""

_FLAGS: Final = frozenset({"safe", "cancel_asked"})


def columns(names: tuple[str, ...]) -> str:
    """The names as a list of columns."""
    return ", ".join(names)


def places(names: tuple[str, ...]) -> str:
    """The names as a list of values to bind."""
    return ", ".join(f":{name}" for name in names)


def entry_values(entry: Entry, names: tuple[str, ...] = ENTRY) -> dict[str, Any]:
    """An entry as values to bind: words as text, flags as 0 and 1."""
    return {name: _plain(name, getattr(entry, name)) for name in names}


def _plain(name: str, value: Any) -> Any:
    if name in _FLAGS:
        return int(value)
    return str(value) if isinstance(value, (State, Reason, Result)) else value


def entry_of(row: Row) -> Entry:
    """An entry from the columns of `ENTRY`."""
    values = dict(zip(ENTRY, row, strict=True))
    values["state"] = State(values["state"])
    values["reason"] = None if values["reason"] is None else Reason(values["reason"])
    for name in _FLAGS:
        values[name] = bool(values[name])
    return Entry(**values)


def payload_values(payload: Payload) -> dict[str, Any]:
    """A payload as values to bind."""
    values = {name: getattr(payload, name) for name in PAYLOAD}
    return values | {"headers": json.dumps(payload.headers)}


def payload_of(row: Row) -> Payload:
    """A payload from the columns of `PAYLOAD`."""
    values = dict(zip(PAYLOAD, row, strict=True))
    body = values["body"]
    return Payload(
        **values
        | {
            "headers": tuple((name, value) for name, value in json.loads(values["headers"])),
            "body": None if body is None else bytes(body),
        }
    )


def attempt_values(attempt: Attempt) -> dict[str, Any]:
    """An attempt as values to bind."""
    return {name: _plain(name, getattr(attempt, name)) for name in ATTEMPT}


def attempt_of(row: Row) -> Attempt:
    """An attempt from the columns of `ATTEMPT`."""
    values = dict(zip(ATTEMPT, row, strict=True))
    return Attempt(**values | {"result": Result(values["result"])})


def action_of(row: Row) -> Action:
    """An action from the columns of `ACTION`."""
    return Action(*row)
