"""Protected field changed: a resend is about other money than the first attempt.

What is looked at: `/amount` and `/currency`, where they stood in the first attempt.
Why it matters: a repaired request must still mean what its caller meant.
No alarm when: a 422 of this call had named the field; the name of the call is one that may
cover two charges (a correlation id, a trace, an inferred name).
Source: RFC 6902, for what a change is.
"""

from __future__ import annotations

from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.rule import Found, Looked, Rule

PROTECTED = ("/amount", "/currency")


def look(case: Case) -> Looked:
    """One opportunity for each call that was sent more than once, and named without doubt."""
    for call in case.writes:
        first, held = call.first, {p for p in PROTECTED if p in call.first.fields}
        if len(call.rows) == 1 or not call.is_strict or not held:
            continue
        asked: set[str] = set()
        found: Found | None = None
        for q in call.rows:
            other = {p for p in held - asked if q.fields.get(p) != first.fields[p]}
            if other and q.fields and found is None:
                found = Found((first, q), f"{', '.join(sorted(other))} changed in a resend")
            asked.update(q.asked)
        yield found


ROW = Rule(
    id="V22",
    name="protected_changed",
    severity="critical",
    when="the amount or the currency of a call changes between two attempts",
    right="leave it alone, and ask a person",
    look=look,
)
