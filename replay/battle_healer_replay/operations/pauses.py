"""Pauses by queue, tenant or destination, and times before which a destination gets nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from battle_healer_replay.engine import Session
from battle_healer_replay.entry import Action
from battle_healer_replay.operations.clock import now_of
from battle_healer_replay.operations.record import INSERT_ACTION, action_values

Scope = Literal["queue", "tenant", "destination"]
SCOPES: Final[tuple[Scope, ...]] = ("queue", "tenant", "destination")


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing of `name` is claimed. for_s: by itself over after that; None for until resumed."""

    scope: Scope
    name: str
    who: str
    why: str
    for_s: float | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """The end of a pause."""

    scope: Scope
    name: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing for `destination` is claimed for `wait_s` seconds: its own word (I3)."""

    destination: str
    wait_s: float


_PAUSE: Final = (
    "insert into queue_pauses (scope, name, who, why, at_ms, until_ms)"
    " values (:scope, :name, :who, :why, :now, :until)"
    " on conflict (scope, name) do update set"
    " who = excluded.who, why = excluded.why, at_ms = excluded.at_ms, until_ms = excluded.until_ms"
)
_RESUME: Final = "delete from queue_pauses where scope = :scope and name = :name returning name"
_HOLD: Final = (
    "update queue_lanes set not_before_ms = :until"
    " where destination = :destination and not_before_ms < :until"
)


def pause(session: Session, items: Sequence[Pause]) -> list[Exception | None]:
    """Pause; a pause of the same name is replaced."""
    now = now_of(session)
    for item in items:
        until = None if item.for_s is None else now + round(item.for_s * 1000)
        values = {"scope": item.scope, "name": item.name, "who": item.who, "why": item.why}
        session.run(_PAUSE, [values | {"now": now, "until": until}])
        what = f"pause {item.scope} {item.name}"
        session.run(INSERT_ACTION, [action_values(Action(now, item.who, what, None, item.why))])
    return [None for _ in items]


def resume(session: Session, items: Sequence[Resume]) -> list[bool | Exception]:
    """End pauses; returns whether there was one."""
    now = now_of(session)
    found: list[bool | Exception] = []
    for item in items:
        ended = bool(session.rows(_RESUME, {"scope": item.scope, "name": item.name}))
        if ended:
            what = f"resume {item.scope} {item.name}"
            action = Action(now, item.who, what, None, item.why)
            session.run(INSERT_ACTION, [action_values(action)])
        found.append(ended)
    return found


def hold(session: Session, items: Sequence[Hold]) -> list[Exception | None]:
    """Hold destinations back; a longer hold that stands already stays."""
    now = now_of(session)
    session.run(
        _HOLD,
        [{"destination": i.destination, "until": now + round(i.wait_s * 1000)} for i in items],
    )
    return [None for _ in items]
