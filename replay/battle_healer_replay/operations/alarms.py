"""When people should hear of a queue: too much waits, or for too long, or too many are dead.

Told at the edge, once for all workers, and again only after it was calm in between. What is looked
at is bounded by the thresholds themselves, however many entries there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from battle_healer.rules import QueueRule
from battle_healer_replay.engine import Session
from battle_healer_replay.entry import Entry
from battle_healer_replay.operations.clock import now_of
from battle_healer_replay.operations.look import queues
from battle_healer_replay.rows import ENTRY, columns, entry_of

Kind = Literal["overflow", "dead"]

CALM: Final = 0.8
"""Share of a threshold below which an alarm is over, so that a wavering figure tells once."""

QUIET_MS: Final = 300_000
"""The same alarm of a queue is told at most once in this time."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A queue above a threshold. entry: the oldest that waits, or the newest that is dead.

    queued, dead: at most one more than the threshold, where counting ends; with more waiting, the
    oldest is that of those counted. oldest_s: its age.
    """

    kind: Kind
    queue: str
    entry: Entry
    queued: int = 0
    oldest_s: float = 0.0
    dead: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """An alarm that rises, or that is over. alarm: None for the latter."""

    queue: str
    kind: Kind
    alarm: Alarm | None = None


_OF_LANES: Final = (
    " from queue_lanes l join queue_entries e on e.tenant = l.tenant and e.queue = l.queue"
    " and e.destination = l.destination and e.state = 'queued' where l.queue = :queue"
)
_QUEUED: Final = f"select count(*) from (select 1 as one{_OF_LANES} limit :n) waiting"  # noqa: S608 -- words of ours
_OLDEST: Final = (
    f"select {columns(ENTRY)} from (select e.*{_OF_LANES} limit :n) waiting"  # noqa: S608 -- columns of ours
    " order by created_ms limit 1"
)
_DEAD: Final = (
    "select count(*) from (select 1 as one from queue_entries"
    " where state = 'dead' and queue = :queue limit :n) dead"
)
_LAST_DEAD: Final = (
    f"select {columns(ENTRY)} from queue_entries where state = 'dead' and queue = :queue"  # noqa: S608 -- columns of ours
    " order by ended_ms desc limit 1"
)
_RAISED: Final = "select queue, kind, is_up, told_ms from queue_alarms"
_KNOWN: Final = (
    "insert into queue_alarms (queue, kind, is_up, told_ms) values (:queue, :kind, 0, 0)"
    " on conflict do nothing"
)
_RISE: Final = (
    "update queue_alarms set is_up = 1, told_ms = :now"
    " where queue = :queue and kind = :kind and is_up = 0 returning kind"
)
_FALL: Final = "update queue_alarms set is_up = 0 where queue = :queue and kind = :kind"


def edges(session: Session, rule: Callable[[str], QueueRule]) -> list[Edge]:
    """What is news now, of all queues. Writes nothing: whoever takes an edge first tells it."""
    now = now_of(session)
    raised = {(queue, kind): (up, told) for queue, kind, up, told in session.rows(_RAISED)}
    found: list[Edge] = []
    for queue in queues(session):
        for kind, look in _LOOKS:
            is_up, told_ms = raised.get((queue, kind), (0, -math.inf))
            share, alarm = look(session, queue, rule(queue), now)
            if is_up and share <= CALM:
                found.append(Edge(queue, kind))
            elif not is_up and share > 1 and alarm is not None and now - told_ms >= QUIET_MS:
                found.append(Edge(queue, kind, alarm))
    return found


def take(session: Session, items: Sequence[Edge]) -> list[bool | Exception]:
    """Keep each edge; returns whether it is this caller's to tell."""
    now = now_of(session)
    return [_take(session, edge, now) for edge in items]


def _take(session: Session, edge: Edge, now: int) -> bool:
    at = {"queue": edge.queue, "kind": edge.kind}
    if edge.alarm is None:
        session.run(_FALL, [at])
        return False
    session.run(_KNOWN, [at])
    return bool(session.rows(_RISE, at | {"now": now}))


def _overflow(
    session: Session, queue: str, rule: QueueRule, now: int
) -> tuple[float, Alarm | None]:
    """The larger share of the two thresholds that is reached, and who waits longest."""
    at = {"queue": queue, "n": rule.tell_queued + 1}
    queued = int(session.rows(_QUEUED, at)[0][0])
    rows = session.rows(_OLDEST, at) if queued else []
    if not rows:
        return 0.0, None
    oldest = entry_of(rows[0])
    oldest_s = max(0.0, (now - oldest.created_ms) / 1000)
    share = max(queued / rule.tell_queued, oldest_s / rule.tell_oldest_s)
    return share, Alarm("overflow", queue, oldest, queued=queued, oldest_s=oldest_s)


def _dead(session: Session, queue: str, rule: QueueRule, now: int) -> tuple[float, Alarm | None]:
    dead = int(session.rows(_DEAD, {"queue": queue, "n": rule.tell_dead + 1})[0][0])
    rows = session.rows(_LAST_DEAD, {"queue": queue}) if dead > rule.tell_dead else []
    alarm = Alarm("dead", queue, entry_of(rows[0]), dead=dead) if rows else None
    # A threshold of none at all is passed by the first.
    return dead / rule.tell_dead if rule.tell_dead else 2.0 * dead, alarm


_LOOKS: Final[
    tuple[tuple[Kind, Callable[[Session, str, QueueRule, int], tuple[float, Alarm | None]]], ...]
] = (("overflow", _overflow), ("dead", _dead))
