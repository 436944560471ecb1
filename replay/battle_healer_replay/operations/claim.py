"""Claim what is due: fair among lanes, shared among priority classes, bounded by room.

A lane is a tenant's entries of one queue for one destination; each is read in due order by an
index of its own, so that what is backed off, paused or finished costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from battle_healer_replay.engine import Many, Session
from battle_healer_replay.entry import PRIORITIES, Claim, Entry, Priority, State
from battle_healer_replay.operations.clock import now_of
from battle_healer_replay.operations.record import UPDATE
from battle_healer_replay.operations.shares import shares
from battle_healer_replay.rows import (
    ENTRY,
    PAYLOAD,
    columns,
    entry_of,
    given,
    moving_values,
    payload_of,
)
from battle_healer_replay.transitions import Change, Event, decide

_DUE: Final = """
  (select min(e.due_ms) from queue_entries e where e.state = 'queued' and e.tenant = l.tenant
    and e.queue = l.queue and e.destination = l.destination and e.priority = '{}')"""
LANES: Final = f"""
select l.tenant, l.queue, l.destination, l.not_before_ms,
  exists (select 1 from queue_pauses p where (p.until_ms is null or p.until_ms > :now)
    and (p.scope = 'queue' and p.name = l.queue or p.scope = 'tenant' and p.name = l.tenant
      or p.scope = 'destination' and p.name = l.destination)),
{",".join(map(_DUE.format, PRIORITIES))}
from queue_lanes l order by l.tenant, l.queue, l.destination"""  # noqa: S608 -- words of ours

PICK: Final = (
    f"select {columns(ENTRY)} from queue_entries where state = 'queued' and tenant = :tenant"  # noqa: S608 -- columns of ours
    " and queue = :queue and destination = :destination and priority = :priority"
    " and due_ms <= :now order by due_ms, id limit :n /*pg for update skip locked*/"
)
_ENDS: Final = """
select (select min(lease_until_ms) from queue_entries where state = 'running'),
  (select min(expires_ms) from queue_entries where state = 'queued' and expires_ms is not null)
"""
_PAYLOADS: Final = Many(
    (
        f"select entry_id, {columns(PAYLOAD)} from queue_payloads"  # noqa: S608 -- columns of ours
        " where entry_id = :entry_id and revision = :revision",
    ),
    f"select entry_id, {columns(PAYLOAD)} from queue_payloads"  # noqa: S608 -- columns of ours
    f" join {given(('entry_id', 'revision'))} using (entry_id, revision)",
)


def _any_number(queue: str, destination: str) -> int:
    return 1_000_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What a worker has room for. room: entries by destination; `other` for those not named.

    room_in: entries of a queue at a destination. leases: seconds by queue, `lease_s` for others.
    turn: how many it has taken so far, for the shares of the classes and of the lanes.
    """

    worker: str
    lease_s: float
    limit: int
    room: Mapping[str, int] = field(default_factory=dict)
    other: int = 1_000_000
    turn: int = 0
    room_in: Callable[[str, str], int] = _any_number
    leases: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """What a worker got. next_due_s: seconds until more may be due; None for not known.

    is_overdue: a lease is over, or an entry expired: somebody should reap.
    """

    claims: tuple[Claim, ...]
    next_due_s: float | None
    is_overdue: bool = False


@dataclass(frozen=True, slots=True)
class _Lane:
    tenant: str
    queue: str
    destination: str
    due: Mapping[Priority, int]

    @property
    def place(self) -> tuple[str, str]:
        """Its queue and destination, of whichever tenant."""
        return self.queue, self.destination


def claim(session: Session, wishes: Sequence[Wish]) -> list[Batch | Exception]:
    """Give each worker what it has room for."""
    return [_claim(session, wish) for wish in wishes]


def _claim(session: Session, wish: Wish) -> Batch:
    now = now_of(session)
    lanes, waking = _open_lanes(session, now)
    room = {lane.destination: wish.room.get(lane.destination, wish.other) for lane in lanes}
    start = wish.turn % len(lanes) if lanes else 0
    in_queue = {lane.place: wish.room_in(*lane.place) for lane in lanes}
    taking = _Taking(session, wish, now, lanes[start:] + lanes[:start], room, in_queue)
    share = shares(wish.turn, wish.limit)
    for priority in PRIORITIES:
        taking.take(priority, share[priority])
    # What one class leaves unused passes on, to the highest first.
    for priority in PRIORITIES:
        taking.take(priority, wish.limit - len(taking.taken))
    asked = [{"entry_id": entry.id, "revision": entry.revision} for entry in taking.taken]
    payloads = {row[0]: payload_of(row[1:]) for row in session.many(_PAYLOADS, asked)}
    claims = tuple(Claim(entry, payloads[entry.id]) for entry in taking.taken)
    ends = session.rows(_ENDS)[0]
    times = [when for when in (waking, *ends) if when is not None]
    next_due_s = max(0.0, (min(times) - now) / 1000) if times else None
    return Batch(claims, next_due_s, any(end is not None and end <= now for end in ends))


@dataclass(slots=True)
class _Taking:
    """One claim while it is filled. room: what is left, by destination; and by queue there."""

    session: Session
    wish: Wish
    now: int
    lanes: list[_Lane]
    room: dict[str, int]
    room_in: dict[tuple[str, str], int]
    taken: list[Entry] = field(default_factory=list)

    def take(self, priority: Priority, n: int) -> None:
        """Take at most `n` entries of a class, as evenly from the lanes as their room allows."""
        waiting = [lane for lane in self.lanes if priority in lane.due]
        while n > 0 and waiting:
            fuller: list[_Lane] = []
            for i, lane in enumerate(waiting):
                room = min(self.room[lane.destination], self.room_in[lane.place])
                wanted = min(-(-n // (len(waiting) - i)), room)
                got = self._pick(lane, priority, wanted) if wanted > 0 else 0
                n -= got
                if 0 < wanted == got:
                    fuller.append(lane)
            waiting = fuller

    def _pick(self, lane: _Lane, priority: Priority, n: int) -> int:
        """Take `n` entries of one lane and class; returns how many there were."""
        values = {
            "tenant": lane.tenant, "queue": lane.queue, "destination": lane.destination,
            "priority": priority, "now": self.now, "n": n,
        }  # fmt: skip
        rows = self.session.rows(PICK, values)
        changed = [_taken(entry_of(row), self.wish, self.now) for row in rows]
        # At once: the next look of this transaction must not find them again.
        self.session.many(UPDATE, [moving_values(entry) for entry in changed])
        got = [entry for entry in changed if entry.state is State.RUNNING]
        self.room[lane.destination] -= len(got)
        self.room_in[lane.place] -= len(got)
        self.taken += got
        return len(got)


def _open_lanes(session: Session, now: int) -> tuple[list[_Lane], int | None]:
    """Lanes with something due, and when the next of the others has."""
    lanes: list[_Lane] = []
    waking: list[int] = []
    for tenant, queue, destination, not_before, paused, *dues in session.rows(LANES, {"now": now}):
        due = {
            p: max(d, not_before) for p, d in zip(PRIORITIES, dues, strict=True) if d is not None
        }
        if paused or not due:
            continue
        waking += [when for when in due.values() if when > now]
        ready = {p: when for p, when in due.items() if when <= now}
        if ready:
            lanes.append(_Lane(tenant, queue, destination, ready))
    return lanes, min(waking, default=None)


def _taken(entry: Entry, wish: Wish, now: int) -> Entry:
    """The entry as it is claimed, or at its end where it has expired meanwhile."""
    lease_s = wish.leases.get(entry.queue, wish.lease_s)
    claim_it = Event("claim", entry.id, worker=wish.worker, lease_s=lease_s)
    for event in (claim_it, Event("expire", entry.id)):
        change = decide(entry, event, now)
        if isinstance(change, Change):
            return change.entry
    return entry
