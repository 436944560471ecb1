"""Double effect: one call, and two rows in the ledger.

Why it matters: somebody is charged twice. This is what all the rest is there to prevent.
No alarm when: the name of the call was only inferred; then it is reported as possible.
Source: RFC 9110, section 9.2.2; draft-ietf-httpapi-idempotency-key-header-07.
"""

from __future__ import annotations

from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.rule import Found, Looked, Rule


def look(case: Case) -> Looked:
    """One opportunity for each write that was sent more than once."""
    for call in case.writes:
        if len(call.rows) == 1:
            continue
        acted = tuple(row for row in call.rows if row.effect and not row.replay)
        effects = ", ".join(str(row.effect) for row in acted)
        seen = f"one call took effect {len(acted)} times: {effects}"
        yield Found(acted, seen) if len(acted) > 1 else None


ROW = Rule(
    id="V01",
    name="double_effect",
    severity="critical",
    when="one call has two effects in the ledger",
    right="one idempotency key for the call, from its first attempt to its last",
    look=look,
)
