"""Take over whole stories from another queue, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from battle_healer_replay.engine import Session
from battle_healer_replay.entry import State
from battle_healer_replay.operations.clock import now_of
from battle_healer_replay.operations.look import Story
from battle_healer_replay.operations.record import (
    INSERT_ACTION,
    INSERT_ATTEMPT,
    INSERT_PAYLOAD,
    action_values,
)
from battle_healer_replay.rows import (
    ENTRY,
    attempt_values,
    columns,
    entry_values,
    payload_values,
    places,
)
from battle_healer_replay.transitions import Change, Event, decide

WHO: Final = "import"
_INSERT: Final = (
    f"insert into queue_entries ({columns(ENTRY)}) values ({places(ENTRY)})"  # noqa: S608 -- columns of ours
    " on conflict do nothing returning id"
)
_INSERT_LANE: Final = (
    "insert into queue_lanes (tenant, queue, destination, not_before_ms)"
    " values (:tenant, :queue, :destination, 0) on conflict do nothing"
)


def load(session: Session, stories: Sequence[Story]) -> list[bool | Exception]:
    """Keep each story as it is, unless it is there; returns whether it was new.

    What ran elsewhere is taken back here: nobody here holds its lease.
    """
    now = now_of(session)
    return [_load(session, story, now) for story in stories]


def _load(session: Session, story: Story, now: int) -> bool:
    story = _taken_back(story, now)
    entry = story.entry
    if not session.rows(_INSERT, entry_values(entry)):
        return False
    session.many(
        INSERT_PAYLOAD,
        [
            payload_values(payload) | {"entry_id": entry.id, "revision": revision}
            for revision, payload in enumerate(story.payloads, 1)
        ],
    )
    lane = {"tenant": entry.tenant, "queue": entry.queue, "destination": entry.destination}
    session.run(_INSERT_LANE, [lane])
    session.many(INSERT_ATTEMPT, [attempt_values(attempt) for attempt in story.attempts])
    session.run(INSERT_ACTION, [action_values(action) for action in story.actions])
    return True


def _taken_back(story: Story, now: int) -> Story:
    if story.entry.state is not State.RUNNING:
        return story
    change = decide(story.entry, Event("take_back", story.entry.id, detail="moved here"), now)
    if not isinstance(change, Change) or change.attempt is None:
        return story
    return replace(story, entry=change.entry, attempts=(*story.attempts, change.attempt))
