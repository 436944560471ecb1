"""What happened, for whoever asks: a ring of episodes in memory, and the hook for programs.

Redacted where it enters: no body, no secret, and every text safe to show (I2, I7).
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from battle_healer.clock import Clock
from battle_healer.commands import Note
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

    size: episodes kept. on_event: called in the thread of the call, with notes whose data always
    names call, correlation id, provider, region and endpoint; what it raises hurts no call.
    """

    def __init__(self, clock: Clock, size: int, on_event: OnEvent | None = None) -> None:
        self._clock = clock
        self._ring: deque[Episode] = deque(maxlen=size)
        self._on_event = on_event
        self._refused: OrderedDict[tuple[str, str, str], float] = OrderedDict()
        self._lock = threading.Lock()
        self._warned = False

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """What is kept, oldest first."""
        with self._lock:
            return tuple(self._ring)

    def note(self, call: Call, note: Note) -> None:
        """Tell the hook, with the facts that every event carries."""
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

    def record(self, call: Call, outcome: Outcome) -> None:
        """Keep an episode that has ended, and tell the hook `EPISODE`."""
        told = _redacted(outcome)
        now = self._clock.now()
        with self._lock:
            if not self._is_told_already(outcome, now):
                ended = self._clock.wall()
                row = Episode(outcome.episode or "", ended, call.tenant, call.method, told)
                self._ring.append(row)
        self.note(call, Note("EPISODE", {"outcome": told}))

    def _is_told_already(self, outcome: Outcome, now: float) -> bool:
        """Whether the same refusal was kept within the last minute: counting is enough then."""
        if not _is_refusal(outcome):
            return False
        key = (outcome.destination, outcome.endpoint, outcome.steps[-1].kind.value)
        last = self._refused.get(key)
        if last is not None and now - last < _REFUSAL_EVERY_S:
            return True
        self._refused[key] = now
        if len(self._refused) > _REFUSALS_KNOWN:
            self._refused.popitem(last=False)
        return False


def _is_refusal(outcome: Outcome) -> bool:
    """A 4xx that nothing may change: one attempt, nothing tried."""
    return (
        outcome.kind is OutcomeKind.FAILED
        and outcome.requests == 1
        and len(outcome.steps) == 1
        and outcome.status is not None
        and outcome.status // 100 == 4  # noqa: PLR2004 -- the class of a status
    )


def _redacted(outcome: Outcome) -> Outcome:
    return replace(
        outcome,
        reason=safe(outcome.reason, _REASON_CHARACTERS),
        steps=tuple(_safe_step(step) for step in outcome.steps),
        adapted=(),
        original=None,
    )


def _safe_step(step: Step) -> Step:
    return replace(step, reason=safe(step.reason, _REASON_CHARACTERS))
