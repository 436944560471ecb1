"""Overlapping write: an unkeyed write was sent again while the first was still under way.

Why it matters: both may take effect. A time-out of the client ends its patience, not the
server's work.
No alarm when: the first was answered already; a key protects both.
Source: RFC 9110, section 9.2.2.
"""

from __future__ import annotations

from itertools import pairwise

from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.facts import came_after
from battle_healer_mock.verdict.rule import Found, Looked, Rule


def look(case: Case) -> Looked:
    """One opportunity for each unkeyed write that was sent again."""
    for call in case.writes:
        for p, q in pairwise(call.rows):
            if p.key is not None:
                continue
            is_open = not came_after(q, p)
            yield Found((p, q), "two attempts of one write were open at once") if is_open else None


ROW = Rule(
    id="V23",
    name="overlapping_write",
    severity="critical",
    when="two attempts of an unkeyed write are open at once",
    right="one at a time, and none after a time-out",
    look=look,
)
