"""Send many dead entries again, at a rate that the API behind them can bear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from battle_healer_replay.entry import Entry, State
from battle_healer_replay.errors import ForbiddenError, UnknownEntryError
from battle_healer_replay.operations.look import Filter
from battle_healer_replay.queue import Queue


def redriven(queue: Queue, wanted: Filter, *, who: str, why: str, per_s: float) -> Iterator[Entry]:
    """Redrive the dead entries of a filter that are not in doubt; yields each when it is done.

    per_s: how many fall due in a second. What somebody else has decided about meanwhile is left
    to them.
    """
    done = 0
    for entry in queue.entries(replace(wanted, state=State.DEAD)):
        if entry.needs_decision:
            continue
        try:
            again = queue.redrive(entry.id, who=who, why=why, in_s=done / per_s)
        except (ForbiddenError, UnknownEntryError):
            continue
        done += 1
        yield again
