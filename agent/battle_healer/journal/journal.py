"""What happened, for whoever asks: a ring of episodes in memory, the file, the hook for programs.

Redacted where it enters: no body, no secret, and every text safe to show (I2, I7).
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from battle_healer.clock import Clock
from battle_healer.commands import Note
from battle_healer.journal.event import CANCELLED, ENDED
from battle_healer.journal.recorder import Recorder, is_forced
from battle_healer.journal.writer import Writer
from battle_healer.model import Call, Outcome, OutcomeKind, Step
from battle_healer.text import safe

_log: Final = logging.getLogger("battle_healer")

_REASON_CHARACTERS: Final = 500
_REFUSAL_EVERY_S: Final = 60.0
_REFUSALS_KNOWN: Final = 1000

OnEvent = Callable[[Note], object]


@dataclass(frozen=True, slots=True)
class Episode:
    """One call that needed more than one clean attempt. ended: aware UTC time of day."""

    id: str
    ended: datetime
    tenant: str
    method: str
    outcome: Outcome


class Journal:
    """The newest episodes of one client, and who is told of each event. Thread-safe.

    size: episodes kept in memory. on_event: called in the thread of the call, with notes whose
    data always names call, correlation id, provider, region and endpoint; what it raises hurts no
    call. writer: keeps episodes on disk as well, step by step.
    """

    def __init__(
        self,
        clock: Clock,
        size: int,
        on_event: OnEvent | None = None,
        writer: Writer | None = None,
    ) -> None:
        self._clock = clock
        self._ring: deque[Episode] = deque(maxlen=size)
        self._on_event = on_event
        self._recorder = Recorder(clock, writer) if writer is not None else None
        self._refused: OrderedDict[tuple[str, str, str], tuple[float, str]] = OrderedDict()
        self._clean = self._refusals = 0
        self._lock = threading.Lock()
        self._warned = False

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """What is kept in memory, oldest first."""
        with self._lock:
            return tuple(self._ring)

    @property
    def counts(self) -> Mapping[str, int]:
        """What is counted and not kept: clean sends, and refusals like one kept just before."""
        with self._lock:
            return {"clean": self._clean, "refusals": self._refusals}

    def count_clean(self) -> None:
        """Count a call that was one clean send."""
        with self._lock:
            self._clean += 1
        if self._recorder is not None:
            self._recorder.count_clean()

    def note(self, call: Call, note: Note) -> None:
        """Take down an event, and tell the hook, with the facts that every event carries."""
        if self._recorder is not None:
            self._recorder.note(call, note)
        self._tell(call, note)

    def record(self, call: Call, outcome: Outcome) -> None:
        """Keep an episode that has ended, and tell the hook `EPISODE`."""
        told = _redacted(outcome)
        now = self._clock.now()
        with self._lock:
            like = self._told_already(outcome, now)
            if like is None:
                ended = self._clock.wall()
                row = Episode(outcome.episode or "", ended, call.tenant, call.method, told)
                self._ring.append(row)
            else:
                self._refusals += 1
        if self._recorder is not None:
            self._recorder.end(call, told, like)
        self._tell(call, Note(ENDED, {"outcome": told, "region": told.region}))

    def cancel(self, call: Call, error: BaseException) -> None:
        """Note that an episode has no outcome: its caller, or its client, went away."""
        why = type(error).__name__
        if self._recorder is not None:
            self._recorder.cancel(call, why)
        self._tell(call, Note(CANCELLED, {"why": why}))

    def flush(self) -> bool:
        """Wait, for seconds at most, until the file has all of it; False if it has not."""
        return self._recorder is None or self._recorder.flush()

    def _tell(self, call: Call, note: Note) -> None:
        if self._on_event is None:
            return
        data = {
            "call": call.id,
            "correlation_id": call.correlation_id,
            "provider": call.destination.name,
            "region": call.home.name,
            "endpoint": call.endpoint.name,
        }
        try:
            self._on_event(replace(note, data=data | dict(note.data)))
        except Exception:
            if not self._warned:
                self._warned = True
                _log.warning("on_event failed; further failures are not shown", exc_info=True)

    def _told_already(self, outcome: Outcome, now: float) -> str | None:
        """The episode of the same refusal that was kept within the last minute, if there is one."""
        if not _is_refusal(outcome):
            return None
        key = (outcome.destination, outcome.endpoint, outcome.steps[-1].kind.value)
        last = self._refused.get(key)
        if last is not None and now - last[0] < _REFUSAL_EVERY_S:
            return last[1]
        self._refused[key] = now, outcome.episode or ""
        if len(self._refused) > _REFUSALS_KNOWN:
            self._refused.popitem(last=False)
        return None


def _is_refusal(outcome: Outcome) -> bool:
    """A 4xx that nothing may change: one attempt, nothing tried."""
    return (
        outcome.kind is OutcomeKind.FAILED
        and outcome.requests == 1
        and len(outcome.steps) == 1
        and is_forced(outcome.steps[0])
        and outcome.status is not None
        and outcome.status // 100 == 4  # noqa: PLR2004 -- the class of a status
    )


def _redacted(outcome: Outcome) -> Outcome:
    reason = safe(outcome.reason, _REASON_CHARACTERS)
    steps = tuple(_safe_step(step) for step in outcome.steps)
    is_plain = not outcome.adapted and outcome.original is None
    if is_plain and reason == outcome.reason and steps == outcome.steps:
        return outcome  # nearly always, and a copy of so many fields takes 20 µs
    return replace(outcome, reason=reason, steps=steps, adapted=(), original=None)


def _safe_step(step: Step) -> Step:
    reason = safe(step.reason, _REASON_CHARACTERS)
    return step if reason == step.reason else replace(step, reason=reason)
