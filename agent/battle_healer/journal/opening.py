"""Opens the journal of a client: in memory, and on disk where that is wanted."""

from __future__ import annotations

import logging
from typing import Final

from battle_healer.clock import Clock
from battle_healer.errors import HealerError
from battle_healer.journal.journal import Journal, OnEvent
from battle_healer.journal.place import Kept
from battle_healer.journal.writer import Writer, writer_for
from battle_healer.rules import Rules

_log: Final = logging.getLogger("battle_healer")


def opened(kept: Kept, rules: Rules, clock: Clock, on_event: OnEvent | None = None) -> Journal:
    """The journal of a client with these rules. Never raises: without a file it is in memory."""
    return Journal(clock, rules.bounds.journal_ring, on_event, _writer(kept, rules))


def _writer(kept: Kept, rules: Rules) -> Writer | None:
    try:
        place = kept(rules)
    except HealerError as error:
        _log.warning("the journal is kept in memory only: %s", error)
        return None
    return None if place is None else writer_for(place)
