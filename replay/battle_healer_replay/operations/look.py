"""Look at the queue: lists, one entry's story, and figures. Nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from battle_healer_replay.engine import Session
from battle_healer_replay.entry import Action, Attempt, Entry, Payload, State
from battle_healer_replay.operations.clock import now_of
from battle_healer_replay.rows import (
    ACTION,
    ATTEMPT,
    ENTRY,
    PAYLOAD,
    action_of,
    attempt_of,
    columns,
    entry_of,
    payload_of,
)

_RECENT_MS: Final = 86_400_000
_MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries; None for any. since_ms, until_ms: when it was kept."""

    state: State | None = None
    reason: str | None = None
    tenant: str | None = None
    queue: str | None = None
    destination: str | None = None
    correlation_id: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None

    def takes(self, entry: Entry) -> bool:
        """Whether an entry that is in hand is one of them; as `listed` has it of those kept."""
        fields = ("state", "reason", "tenant", "queue", "destination", "correlation_id")
        return (
            all(getattr(self, f) in (None, getattr(entry, f)) for f in fields)
            and (self.since_ms is None or entry.created_ms >= self.since_ms)
            and (self.until_ms is None or entry.created_ms < self.until_ms)
        )


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of one entry. payloads: by revision, the first is revision 1."""

    entry: Entry
    payloads: tuple[Payload, ...]
    attempts: tuple[Attempt, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Paused:
    """A pause that stands."""

    scope: str
    name: str
    who: str
    why: str
    at_ms: int
    until_ms: int | None


@dataclass(frozen=True, slots=True)
class Stats:
    """Figures of the moment. dead_recent: in the last 24 h; in and out: in the last minute.

    oldest_s: age of the oldest entry that is queued or runs.
    """

    counts: dict[str, int]
    dead_recent: int
    undecided: int
    oldest_s: float | None
    in_per_minute: int
    out_per_minute: int
    paused: tuple[Paused, ...]


_WHERE: Final = {
    "state": "state = :state",
    "reason": "reason = :reason",
    "tenant": "tenant = :tenant",
    "queue": "queue = :queue",
    "destination": "destination = :destination",
    "correlation_id": "correlation_id = :correlation_id",
    "since_ms": "created_ms >= :since_ms",
    "until_ms": "created_ms < :until_ms",
}


def listed(session: Session, wanted: Filter, after: str, limit: int) -> list[Entry]:
    """Entries by id, which is by time, that come after the id `after`."""
    given = {n: v for n in _WHERE if (v := getattr(wanted, n)) is not None}
    wheres = " and ".join(["id > :after", *(_WHERE[name] for name in given)])
    statement = f"select {columns(ENTRY)} from queue_entries where {wheres} order by id limit :n"  # noqa: S608 -- words of ours; values are bound
    values = {name: str(v) if name == "state" else v for name, v in given.items()}
    return [entry_of(row) for row in session.rows(statement, values | {"after": after, "n": limit})]


def queues(session: Session) -> list[str]:
    """The names of all queues that ever held an entry."""
    return [row[0] for row in session.rows("select distinct queue from queue_lanes order by 1")]


def story(session: Session, name: str) -> Story | None:
    """The whole story of one entry; None where there is none."""
    at = {"id": name}
    rows = session.rows(f"select {columns(ENTRY)} from queue_entries where id = :id", at)  # noqa: S608 -- columns of ours
    if not rows:
        return None

    def of(table: str, names: tuple[str, ...], order: str) -> list[tuple[Any, ...]]:
        return session.rows(
            f"select {columns(names)} from {table} where entry_id = :id order by {order}",  # noqa: S608 -- words of ours
            at,
        )

    return Story(
        entry_of(rows[0]),
        tuple(payload_of(row) for row in of("queue_payloads", PAYLOAD, "revision")),
        tuple(attempt_of(row) for row in of("queue_attempts", ATTEMPT, "fence")),
        tuple(action_of(row) for row in of("queue_actions", ACTION, "id")),
    )


def stats(session: Session) -> Stats:
    """Figures of the moment."""
    now = now_of(session)

    def one(statement: str, **values: Any) -> Any:
        return session.rows(statement, values)[0][0]

    counts = dict.fromkeys((str(state) for state in State), 0)
    counts |= dict(session.rows("select state, count(*) from queue_entries group by state"))
    oldest = one("select min(created_ms) from queue_entries where state in ('queued', 'running')")
    return Stats(
        counts=counts,
        dead_recent=one(
            "select count(*) from queue_entries where state = 'dead' and ended_ms >= :since",
            since=now - _RECENT_MS,
        ),
        undecided=one(
            "select count(*) from queue_entries where state = 'dead'"
            " and reason in ('ambiguous', 'unverified')"
        ),
        oldest_s=None if oldest is None else max(0.0, (now - oldest) / 1000),
        in_per_minute=one(
            "select count(*) from queue_entries where created_ms >= :since", since=now - _MINUTE_MS
        ),
        out_per_minute=one(
            "select count(*) from queue_entries where state = 'succeeded' and ended_ms >= :since",
            since=now - _MINUTE_MS,
        ),
        paused=tuple(paused(session)),
    )


def paused(session: Session) -> list[Paused]:
    """The pauses that stand."""
    rows = session.rows(
        "select scope, name, who, why, at_ms, until_ms from queue_pauses"
        " where until_ms is null or until_ms > :now order by scope, name",
        {"now": now_of(session)},
    )
    return [Paused(*row) for row in rows]
