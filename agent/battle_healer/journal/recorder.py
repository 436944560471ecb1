"""Takes episodes down for the file, step by step, as they happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from battle_healer.clock import Clock
from battle_healer.commands import Note
from battle_healer.journal.event import (
    BEGUN,
    CANCELLED,
    ENDED,
    Event,
    Facts,
    facts_of,
)
from battle_healer.journal.writer import Writer
from battle_healer.model import Call, Outcome, Step

_REFUSALS: Final = range(400, 500)


@dataclass(slots=True)
class _Running:
    """An episode that has not ended.

    held: events that are not written yet, since it may turn out to be a refusal, of which there
    are too many to write all; None once it cannot.
    """

    of: Facts
    held: list[Event] | None = field(default_factory=list)


class Recorder:
    """Hands the events of one client's episodes to a writer. Thread-safe.

    A call is known from its `EPISODE_BEGUN` to its end; events outside of an episode pass.
    """

    def __init__(self, clock: Clock, writer: Writer) -> None:
        self._clock, self._writer = clock, writer
        self._running: dict[str, _Running] = {}

    def note(self, call: Call, note: Note) -> None:
        """Take down an event of a call's episode."""
        running = self._running.get(call.id)
        if note.name == BEGUN:
            running = self._running[call.id] = _Running(facts_of(call, str(note.data["episode"])))
            if note.data.get("status") not in _REFUSALS:
                running.held = None
        if running is None:
            return
        if running.held is not None and _may_be_refusal(note):
            running.held.append(self._event(running, note))
        else:
            self._write(running, note)

    def end(self, call: Call, outcome: Outcome, like: str | None) -> None:
        """Take down how an episode ended. like: the episode of the same refusal, just before."""
        running = self._running.pop(call.id, None)
        if running is None:
            return
        if like is not None:
            self._writer.count("refusals", like)
            return
        self._write(running, Note(ENDED, {"outcome": outcome, "region": outcome.region}))

    def cancel(self, call: Call, why: str) -> None:
        """Take down that an episode will have no outcome."""
        running = self._running.pop(call.id, None)
        if running is not None:
            self._write(running, Note(CANCELLED, {"why": why}))

    def count_clean(self) -> None:
        """Count a call that was one clean send."""
        self._writer.count("clean")

    def flush(self) -> bool:
        """Wait, for seconds at most, until all of it is written; False if it is not."""
        return self._writer.flush()

    def _write(self, running: _Running, note: Note) -> None:
        held, running.held = running.held, None
        for event in held or ():
            self._writer.put(event)
        self._writer.put(self._event(running, note))

    def _event(self, running: _Running, note: Note) -> Event:
        return Event(running.of, note.name, self._clock.wall(), note.data)


def _may_be_refusal(note: Note) -> bool:
    step = note.data.get("step")
    return not isinstance(step, Step) or is_forced(step)


def is_forced(step: Step) -> bool:
    """Whether nothing but giving up was on the menu, so that nobody was asked."""
    return step.action == "abort" and len(step.menu) <= 1
