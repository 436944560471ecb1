"""Ambiguous resend: a write was sent again although it may have taken effect.

Why it matters: that it did no harm this time was luck; the client could not know.
No alarm when: the reply said that nothing was processed; the method is safe; both requests
carry the same key of the same account. A connection lost before any effect counts, since the
client cannot tell it from one that was lost after.
Source: RFC 9110, section 9.2.2.
"""

from __future__ import annotations

from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.facts import has_same_key, may_have_acted
from battle_healer_mock.verdict.rule import Found, Looked, Rule


def look(case: Case) -> Looked:
    """One opportunity for each attempt of a write after which the client could not know."""
    for call in case.writes:
        for p in call.rows:
            if not may_have_acted(p):
                continue
            q = next(call.after(p), None)
            if q is None or has_same_key(p, q):
                yield None
            else:
                said = "nothing" if p.status is None or p.end != "complete" else p.status
                yield Found((p, q), f"the answer was {said}, and the write was sent again unkeyed")


ROW = Rule(
    id="V02",
    name="ambiguous_resend",
    severity="critical",
    when="a write that may have taken effect is sent again without the same key",
    right="stop and say so, or send a key from the start",
    look=look,
)
