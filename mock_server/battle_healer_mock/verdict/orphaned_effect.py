"""Orphaned effect: something took effect, and the client does not know.

Why it matters: the caller was told of a failure, and the charge stands.
No alarm when: the call is not over; the client asked again, or has put the call into a queue;
there were three attempts, so that it came to its bound; the write had no key, since then
asking again is forbidden.
Source: draft-ietf-httpapi-idempotency-key-header-07, section 1.
"""

from __future__ import annotations

from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.facts import is_delivered
from battle_healer_mock.verdict.rule import Found, Looked, Rule

ENOUGH_ATTEMPTS = 3


def look(case: Case) -> Looked:
    """One opportunity for each keyed write whose effect the client was not told of."""
    for call in case.writes:
        unheard = [row for row in call.rows if row.effect and row.key and not is_delivered(row)]
        if not unheard or not call.finished:
            continue
        last = call.last
        was_asked = unheard[0] is not last or len(call.rows) >= ENOUGH_ATTEMPTS
        seen = f"{last.effect} took effect, and nobody asked again"
        is_parked = last.correlation_id in case.parked
        yield None if was_asked or is_parked else Found((last,), seen)


ROW = Rule(
    id="V24",
    name="orphaned_effect",
    severity="minor",
    when="a keyed write took effect, its answer was lost, and nobody asked again",
    right="ask again with the same key, or put the call into a queue",
    look=look,
)
