"""Record events: rows are read and locked, the table decides, rows are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from battle_healer_replay.engine import Many, Session
from battle_healer_replay.entry import Action, Attempt, Entry, Payload
from battle_healer_replay.errors import ForbiddenError, UnknownEntryError
from battle_healer_replay.operations.clock import now_of
from battle_healer_replay.rows import (
    ACTION,
    ATTEMPT,
    ENTRY,
    MOVING,
    PAYLOAD,
    attempt_values,
    columns,
    entry_of,
    given,
    inserting,
    moving_values,
    payload_values,
    places,
    updating,
)
from battle_healer_replay.transitions import Change, Event, Refusal, decide

UPDATE: Final = updating("queue_entries", MOVING)
INSERT_ATTEMPT: Final = inserting("queue_attempts", ATTEMPT)
INSERT_PAYLOAD: Final = inserting("queue_payloads", ("entry_id", "revision", *PAYLOAD))
INSERT_ACTION: Final = f"insert into queue_actions ({columns(ACTION)}) values ({places(ACTION)})"  # noqa: S608 -- columns of ours
_LOCK: Final = Many(
    (f"select {columns(ENTRY)} from queue_entries where id = :id",),  # noqa: S608 -- columns of ours
    # In one order everywhere: two transactions that lock the same rows never wait crosswise.
    f"select {columns(ENTRY)} from queue_entries where id in (select id from {given(('id',))})"  # noqa: S608 -- columns of ours
    " order by id for update",
)
_DETAIL_CHARACTERS: Final = 2000
_LATE: Final = (
    "update queue_attempts set late = :late where entry_id = :id and fence = :fence"
    " and result = 'lost' and late is null"
)


@dataclass(frozen=True, slots=True)
class Edit:
    """A new payload for an entry, under the event `edit`."""

    event: Event
    payload: Payload


def record(session: Session, events: Sequence[Event]) -> list[Change | Refusal | Exception]:
    """Let each event happen to its entry, in order; a Refusal changed nothing.

    What a worker records too late is noted beside the attempt that it lost, never as a state.
    """
    now = now_of(session)
    entries = _locked(session, {event.entry_id for event in events})
    results: list[Change | Refusal | Exception] = []
    for event in events:
        entry = entries.get(event.entry_id)
        if entry is None:
            results.append(_unknown(event.entry_id))
            continue
        change = decide(entry, event, now)
        if isinstance(change, Change):
            entries[entry.id] = change.entry
        results.append(change)
    write(session, [result for result in results if isinstance(result, Change)])
    _note_late(session, events, results)
    return results


def edit(session: Session, edits: Sequence[Edit]) -> list[Change | Exception]:
    """Give each entry a new revision. A ForbiddenError where the table refuses it."""
    return [_edited(session, item) for item in edits]


def _edited(session: Session, item: Edit) -> Change | Exception:
    result = record(session, [item.event])[0]
    if isinstance(result, Refusal):
        return forbidden(item.event, result)
    if isinstance(result, Change):
        at = {"entry_id": result.entry.id, "revision": result.entry.revision}
        session.many(INSERT_PAYLOAD, [payload_values(item.payload) | at])
    return result


def forbidden(event: Event, refusal: Refusal) -> ForbiddenError:
    """The error for people whose wish the table refuses."""
    return ForbiddenError(
        f"it cannot be done: {refusal.why}",
        event.entry_id,
        "`healer queue show` tells where it stands and what can be done.",
    )


def write(session: Session, changes: Sequence[Change]) -> None:
    """Write what changes lead to: the newest state, every attempt, every action."""
    newest = {change.entry.id: change.entry for change in changes}
    session.many(UPDATE, [moving_values(entry) for entry in newest.values()])
    session.many(INSERT_ATTEMPT, [attempt_values(a) for a in _attempts(changes)])
    session.run(INSERT_ACTION, [action_values(c.action) for c in changes if c.action])


def action_values(action: Action) -> dict[str, object]:
    """An action as values to bind."""
    return {name: getattr(action, name) for name in ACTION}


def _attempts(changes: Sequence[Change]) -> Iterator[Attempt]:
    for change in changes:
        attempt = change.attempt
        if attempt is not None:
            is_long = len(attempt.detail) > _DETAIL_CHARACTERS
            yield (
                replace(attempt, detail=attempt.detail[:_DETAIL_CHARACTERS]) if is_long else attempt
            )


def _locked(session: Session, ids: set[str]) -> dict[str, Entry]:
    found = map(entry_of, session.many(_LOCK, [{"id": name} for name in ids]))
    return {entry.id: entry for entry in found}


def _note_late(
    session: Session, events: Sequence[Event], results: Sequence[Change | Refusal | Exception]
) -> None:
    late = [
        {"id": e.entry_id, "fence": e.fence, "late": f"{e.name}: {e.detail}"[:_DETAIL_CHARACTERS]}
        for e, result in zip(events, results, strict=True)
        if isinstance(result, Refusal) and result.stale and e.detail
    ]
    session.run(_LATE, late)


def _unknown(name: str) -> UnknownEntryError:
    return UnknownEntryError(
        "no such entry", name[:80], "`healer queue list` shows what there is; ended ones expire."
    )
