"""How long a client lets pass before a resend of its own accord."""

from __future__ import annotations

from collections.abc import Iterator

from battle_healer_mock.journal import Row
from battle_healer_mock.verdict.case import Attempts
from battle_healer_mock.verdict.facts import is_unchanged

_CURES = frozenset({"resend", "key"})


def resends_of_its_own(call: Attempts) -> Iterator[tuple[Row, Row]]:
    """The resends from the first attempt on that were unchanged, and that no wait was named for."""
    for p, q in call.pairs():
        if p.until is not None or p.cure not in _CURES or not is_unchanged(p, q):
            return
        yield p, q


def delay_s(p: Row, q: Row) -> float:
    """Seconds from the answer to the resend."""
    return q.t_in - (p.t_headers if p.t_headers is not None else p.t_in)
