"""Key changed: two attempts of one call carry different idempotency keys.

Why it matters: the server takes the second for another request, and does it again.
No alarm when: there was no key before; the body changed as a 422 had asked, and no attempt
with the old key may have taken effect.
Source: draft-ietf-httpapi-idempotency-key-header-07, section 2.2.
"""

from __future__ import annotations

from battle_healer_mock.journal import Row
from battle_healer_mock.verdict.case import Attempts, Case
from battle_healer_mock.verdict.facts import may_have_acted
from battle_healer_mock.verdict.rule import Found, Looked, Rule


def look(case: Case) -> Looked:
    """One opportunity for each resend after an attempt with a key."""
    for call in case.writes:
        for p, q in call.pairs():
            if p.key is None:
                continue
            if q.key == p.key or _is_another_request(call, p, q):
                yield None
            else:
                done = "dropped" if q.key is None else "changed"
                yield Found((p, q), f"the idempotency key was {done} between two attempts")


def _is_another_request(call: Attempts, p: Row, q: Row) -> bool:
    """Whether the body was repaired, and nothing can have come of the key so far."""
    before = (row for row in call.rows if row.line <= p.line and row.key == p.key)
    return q.body != p.body and bool(p.asked) and not any(may_have_acted(row) for row in before)


ROW = Rule(
    id="V03",
    name="key_changed",
    severity="critical",
    when="the idempotency key of a call changes, or is dropped",
    right="the same key for all attempts of a call",
    look=look,
)
