"""How the values lie in tables: the columns of each, there and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

from battle_healer_replay.engine import Many, Row
from battle_healer_replay.entry import Action, Attempt, Entry, Payload, Reason, Result, State

ENTRY: Final = tuple(field.name for field in fields(Entry))
PAYLOAD: Final = tuple(field.name for field in fields(Payload))
ATTEMPT: Final = tuple(field.name for field in fields(Attempt))
ACTION: Final = tuple(field.name for field in fields(Action))

MOVING: Final = ENTRY[ENTRY.index("state") :]
"""Columns that a transition may change; the others say what the entry is."""

_SAFE, _STATE, _REASON, _CANCEL_ASKED = map(
    ENTRY.index, ("safe", "state", "reason", "cancel_asked")
)
_NUMBERS: Final = frozenset(
    {"safe", "max_failures", "fence", "failures", "revision", "redrives", "cancel_asked",
     "status", "n"}
)  # fmt: skip
_STATES: Final = {str(state): state for state in State}
_REASONS: Final = {None: None} | {str(reason): reason for reason in Reason}


def columns(names: Sequence[str]) -> str:
    """The names as a list of columns."""
    return ", ".join(names)


def places(names: Sequence[str]) -> str:
    """The names as a list of values to bind."""
    return ", ".join(f":{name}" for name in names)


def given(names: Sequence[str]) -> str:
    """The rows of a `Many` as a relation `given` of PostgreSQL."""
    return f"json_to_recordset(:given) as given ({', '.join(f'{n} {_type(n)}' for n in names)})"


def _type(name: str) -> str:
    if name.endswith("_ms"):
        return "bigint"
    if name == "wait_s":
        return "double precision"
    if name == "body":
        return "bytea"
    return "integer" if name in _NUMBERS else "text"


def inserting(table: str, names: Sequence[str]) -> Many:
    """Insert rows of these columns."""
    into = f"insert into {table} ({columns(names)})"
    return Many(
        (f"{into} values ({places(names)})",),
        f"{into} select {columns(names)} from {given(names)}",  # noqa: S608 -- words of ours
    )


def updating(table: str, names: Sequence[str]) -> Many:
    """Give the rows of these ids other values in these columns."""
    one = ", ".join(f"{name} = :{name}" for name in names)
    each = ", ".join(f"{name} = given.{name}" for name in names)
    return Many(
        (f"update {table} set {one} where id = :id",),  # noqa: S608 -- words of ours
        f"update {table} set {each} from {given(('id', *names))}"  # noqa: S608 -- words of ours
        f" where {table}.id = given.id",
    )


_moving = attrgetter("id", *MOVING)


def moving_values(entry: Entry) -> dict[str, Any]:
    """What a transition may have changed, and the id, as values to bind."""
    values = dict(zip(("id", *MOVING), _moving(entry), strict=True))
    values["state"] = entry.state.value
    if entry.reason is not None:
        values["reason"] = entry.reason.value
    values["cancel_asked"] = int(entry.cancel_asked)
    return values


def entry_values(entry: Entry) -> dict[str, Any]:
    """A whole entry as values to bind."""
    return (
        {name: getattr(entry, name) for name in ENTRY}
        | moving_values(entry)
        | {"safe": int(entry.safe)}
    )


def entry_of(row: Row) -> Entry:
    """An entry from the columns of `ENTRY`."""
    values = list(row)
    values[_SAFE] = bool(values[_SAFE])
    values[_STATE] = _STATES[values[_STATE]]
    values[_REASON] = _REASONS[values[_REASON]]
    values[_CANCEL_ASKED] = bool(values[_CANCEL_ASKED])
    return Entry(*values)


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


_attempt = attrgetter(*ATTEMPT)


def attempt_values(attempt: Attempt) -> dict[str, Any]:
    """An attempt as values to bind."""
    values = dict(zip(ATTEMPT, _attempt(attempt), strict=True))
    values["result"] = attempt.result.value
    return values


def attempt_of(row: Row) -> Attempt:
    """An attempt from the columns of `ATTEMPT`."""
    values = dict(zip(ATTEMPT, row, strict=True))
    return Attempt(**values | {"result": Result(values["result"])})


def action_of(row: Row) -> Action:
    """An action from the columns of `ACTION`."""
    return Action(*row)
