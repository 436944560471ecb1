"""What may become of an entry: one table, and the only code that changes a state.

An event that no row allows is refused with a reason, and changes nothing. Times are milliseconds
by the database's clock. Who waits how long is the worker's business; what it leads to is decided
here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from battle_healer_replay.entry import (
    UNDECIDED,
    Action,
    Attempt,
    Entry,
    Reason,
    Result,
    State,
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to one entry. name: a row of the table.

    fence: of the claim, for what a worker records. worker, lease_s: of a claim or extension.
    wait_s: until the next attempt. reason: of a death. who, why: for what people do.
    send_again: a person says that an undecided entry took no effect. status to detail: what is
    written down of the attempt.
    """

    name: str
    entry_id: str
    fence: int = 0
    worker: str | None = None
    lease_s: float = 0.0
    wait_s: float = 0.0
    reason: Reason | None = None
    who: str = ""
    why: str = ""
    send_again: bool = False
    status: int | None = None
    episode: str | None = None
    region: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What an event leads to, all in one commit."""

    entry: Entry
    attempt: Attempt | None = None
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event changes nothing. stale: the lease of its fence is gone."""

    why: str
    stale: bool = False


Guard = Callable[[Entry, Event, int], str | None]
Turn = Callable[[Entry, Event, int], Entry]


@dataclass(frozen=True, slots=True)
class Transition:
    """One row. does: for people. guard: None, or why not. to: states that it may lead to.

    fenced: it is recorded by a worker, under its fence. result: of the attempt that it ends.
    audited: it is a person's doing, and names who and why.
    """

    event: str
    source: tuple[State, ...]
    to: tuple[State, ...]
    does: str
    when: str
    guard: Guard
    turn: Turn
    fenced: bool = False
    result: Result | None = None
    audited: bool = False


def _always(entry: Entry, event: Event, now: int) -> str | None:
    return None


def _ended(entry: Entry, state: State, now: int, reason: Reason | None = None) -> Entry:
    """The entry at its end, without lease."""
    return entry.but(**_IDLE, state=state, reason=reason, ended_ms=now, cancel_asked=False)


_IDLE: Final[dict[str, None]] = dict.fromkeys(
    ("worker", "claimed_ms", "lease_until_ms", "begun_ms")
)


def _again(entry: Entry, now: int, wait_s: float) -> Entry:
    """The entry queued once more, unless somebody wants it no longer or it would be too late."""
    due = now + max(0, round(wait_s * 1000))
    if entry.cancel_asked:
        return _ended(entry, State.CANCELLED, now)
    if entry.expires_ms is not None and due >= entry.expires_ms:
        return _ended(entry, State.DEAD, now, Reason.EXPIRED)
    return entry.but(**_IDLE, state=State.QUEUED, due_ms=due)


def _is_due(entry: Entry, event: Event, now: int) -> str | None:
    if entry.due_ms > now:
        return "it is not due yet"
    if entry.expires_ms is not None and entry.expires_ms <= now:
        return "it has expired"
    return None


def _claim(entry: Entry, event: Event, now: int) -> Entry:
    return entry.but(
        state=State.RUNNING,
        fence=entry.fence + 1,
        worker=event.worker,
        claimed_ms=now,
        lease_until_ms=now + round(event.lease_s * 1000),
        begun_ms=None,
    )


def _may_begin(entry: Entry, event: Event, now: int) -> str | None:
    if entry.cancel_asked:
        return "somebody has cancelled it"
    if entry.lease_until_ms is not None and entry.lease_until_ms <= now:
        return "its lease is over"
    return None


def _begin(entry: Entry, event: Event, now: int) -> Entry:
    return entry.but(begun_ms=now)


def _extend(entry: Entry, event: Event, now: int) -> Entry:
    return entry.but(lease_until_ms=now + round(event.lease_s * 1000))


def _succeed(entry: Entry, event: Event, now: int) -> Entry:
    return _ended(entry, State.SUCCEEDED, now)


def _postpone(entry: Entry, event: Event, now: int) -> Entry:
    return _again(entry, now, event.wait_s)


def _fail(entry: Entry, event: Event, now: int) -> Entry:
    entry = entry.but(failures=entry.failures + 1)
    if entry.failures >= entry.max_failures and not entry.cancel_asked:
        return _ended(entry, State.DEAD, now, Reason.FAILURES)
    return _again(entry, now, event.wait_s)


def _has_reason(entry: Entry, event: Event, now: int) -> str | None:
    return None if event.reason is not None else "a death needs its reason"


def _bury(entry: Entry, event: Event, now: int) -> Entry:
    return _ended(entry, State.DEAD, now, event.reason)


def _is_over(entry: Entry, event: Event, now: int) -> str | None:
    if entry.lease_until_ms is not None and entry.lease_until_ms > now:
        return "its lease still holds"
    return None


def _lose(entry: Entry, event: Event, now: int) -> Entry:
    # I1: nobody knows what became of the bytes, so only what is safe may be sent again.
    if entry.may_have_acted:
        return _ended(entry, State.DEAD, now, Reason.AMBIGUOUS)
    return _fail(entry, event, now)


def _is_unbegun(entry: Entry, event: Event, now: int) -> str | None:
    return "it may have been sent" if entry.may_have_acted else None


def _has_expired(entry: Entry, event: Event, now: int) -> str | None:
    if entry.expires_ms is None or entry.expires_ms > now:
        return "it has not expired"
    return None


def _expire(entry: Entry, event: Event, now: int) -> Entry:
    return _ended(entry, State.DEAD, now, Reason.EXPIRED)


def _cancel(entry: Entry, event: Event, now: int) -> Entry:
    return _ended(entry, State.CANCELLED, now)


def _ask_to_cancel(entry: Entry, event: Event, now: int) -> Entry:
    return entry.but(cancel_asked=True)


def _is_decided(entry: Entry, event: Event, now: int) -> str | None:
    if entry.reason in UNDECIDED and not event.send_again:
        return f"it is {entry.reason}: somebody has to say first that it took no effect"
    return None


def _redrive(entry: Entry, event: Event, now: int) -> Entry:
    return entry.but(
        state=State.QUEUED,
        reason=None,
        ended_ms=None,
        failures=0,
        redrives=entry.redrives + 1,
        due_ms=now + max(0, round(event.wait_s * 1000)),
        # Whoever redrives wants it delivered, whatever deadline it had.
        expires_ms=None if entry.reason is Reason.EXPIRED else entry.expires_ms,
    )


def _may_be_edited(entry: Entry, event: Event, now: int) -> str | None:
    if entry.reason in UNDECIDED:
        return f"it is {entry.reason}: another body would be another call"
    return None


def _edit(entry: Entry, event: Event, now: int) -> Entry:
    return entry.but(revision=entry.revision + 1)


def _is_undecided(entry: Entry, event: Event, now: int) -> str | None:
    return None if entry.reason in UNDECIDED else "nothing about it is in doubt"


_Q, _R, _S, _D, _C = State.QUEUED, State.RUNNING, State.SUCCEEDED, State.DEAD, State.CANCELLED

TRANSITIONS: Final = (
    Transition(
        "claim", (_Q,), (_R,), "a worker takes it: fence + 1, a lease",
        "due, not expired, nothing paused, room at its destination", _is_due, _claim,
    ),
    Transition(
        "begin", (_R,), (_R,), "its first byte may leave from now on",
        "before each send of an unsafe one; not cancelled, lease holds", _may_begin, _begin,
        fenced=True,
    ),
    Transition(
        "extend", (_R,), (_R,), "the worker is alive: the lease starts anew",
        "each third of a lease", _always, _extend, fenced=True,
    ),
    Transition(
        "succeed", (_R,), (_S,), "delivered, and verified where a contract stands",
        "never for a degraded or unverified answer", _always, _succeed,
        fenced=True, result=Result.OK,
    ),
    Transition(
        "postpone", (_R,), (_Q, _D, _C), "the server named a time; costs no failure",
        "dead (expired) where it would be too late", _always, _postpone,
        fenced=True, result=Result.WAIT,
    ),
    Transition(
        "fail", (_R,), (_Q, _D, _C), "an error that may be over later: failures + 1",
        "nothing took effect, or it is safe; dead (failures) at the last", _always, _fail,
        fenced=True, result=Result.ERROR,
    ),
    Transition(
        "bury", (_R,), (_D,), "refused, ambiguous or unverified", "the reason says which",
        _has_reason, _bury, fenced=True, result=Result.REFUSED,
    ),
    Transition(
        "lose", (_R,), (_Q, _D, _C), "its worker is gone: failures + 1",
        "lease over; dead (ambiguous) if unsafe and begun", _is_over, _lose, result=Result.LOST,
    ),
    Transition(
        "take_back", (_R,), (_Q, _D, _C), "a worker of the same name is back: as lose, at once",
        "the worker holds the lock on its name", _always, _lose, result=Result.LOST,
    ),
    Transition(
        "release", (_R,), (_Q, _D, _C), "the worker hands it back", "unsafe ones only if not begun",
        _is_unbegun, _postpone, fenced=True, result=Result.RELEASED,
    ),
    Transition(
        "expire", (_Q,), (_D,), "delivery is no longer wanted", "its expiry has passed",
        _has_expired, _expire,
    ),
    Transition(
        "cancel", (_Q, _D), (_C,), "somebody wants it no longer", "",
        _always, _cancel, audited=True,
    ),
    Transition(
        "cancel", (_R,), (_R,), "asks; the worker looks before it begins, and when it hands back",
        "", _always, _ask_to_cancel, audited=True,
    ),
    Transition(
        "redrive", (_D,), (_Q,), "to be sent again: failures 0, the fence stays",
        "an ambiguous or unverified one only if somebody says that it took no effect",
        _is_decided, _redrive, audited=True,
    ),
    Transition(
        "edit", (_D,), (_D,), "another body: a new revision, with a new key",
        "not while ambiguous or unverified", _may_be_edited, _edit, audited=True,
    ),
    Transition(
        "settle", (_D,), (_S,), "somebody says that it took effect", "ambiguous or unverified",
        _is_undecided, _succeed, audited=True,
    ),
)  # fmt: skip

EVENTS: Final = tuple(dict.fromkeys(row.event for row in TRANSITIONS))
_BY_EVENT_AND_STATE: Final = {
    (row.event, state): row for row in TRANSITIONS for state in row.source
}


def decide(entry: Entry, event: Event, now: int) -> Change | Refusal:
    """What an event leads to. now: milliseconds by the database's clock."""
    row = _BY_EVENT_AND_STATE.get((event.name, entry.state))
    if row is None:
        stale = event.fence != 0
        return Refusal(f"no {event.name} from {entry.state}", stale=stale)
    if row.fenced and event.fence != entry.fence:
        return Refusal(f"fence {event.fence} is not the one that runs ({entry.fence})", stale=True)
    if row.audited and not (event.who and event.why):
        return Refusal("it has to be said who does it, and why")
    why = row.guard(entry, event, now)
    if why is not None:
        return Refusal(why)
    turned = row.turn(entry, event, now)
    attempt = None if row.result is None else _attempt(row.result, entry, turned, event, now)
    action = Action(now, event.who, event.name, entry.id, event.why) if row.audited else None
    return Change(turned, attempt, action)


def _attempt(result: Result, entry: Entry, turned: Entry, event: Event, now: int) -> Attempt:
    """What is written down of the attempt that the event ends."""
    again = turned.state is State.QUEUED
    return Attempt(
        entry_id=entry.id,
        fence=entry.fence,
        result=result,
        worker=entry.worker,
        started_ms=entry.begun_ms or entry.claimed_ms or now,
        ended_ms=now,
        revision=entry.revision,
        status=event.status,
        wait_s=(turned.due_ms - now) / 1000 if again else None,
        episode=event.episode,
        region=event.region,
        detail=event.detail,
    )


def markdown() -> str:
    """The rows as a table for docs."""
    head = ("event", "from", "to", "does", "when", "attempt", "who and why")
    rows = (
        (f"`{row.event}`", ", ".join(row.source), ", ".join(row.to), row.does, row.when,
         row.result or "", "said" if row.audited else "")
        for row in TRANSITIONS
    )  # fmt: skip
    lines = (f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *rows))
    return "\n".join(lines) + "\n"
