"""Key with another body: a key that was bound to one request was used for another.

Why it matters: the second request is refused, or worse, answered as if it were the first.
No alarm when: the refusal is simulated; the bodies differ only as a 422 had asked.
Source: draft-ietf-httpapi-idempotency-key-header-07, section 2.7.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from battle_healer_mock.journal import Row
from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.facts import is_repaired
from battle_healer_mock.verdict.rule import Found, Looked, Rule


def look(case: Case) -> Looked:
    """One opportunity for each time that a key is used again."""
    used: dict[tuple[str | None, str], list[Row]] = defaultdict(list)
    for q in case.protected:
        if q.key is None or q.method == "GET":
            continue
        before = used[q.account, q.key]
        if before:
            first = next((row for row in before if row.effect), before[0])
            is_refused = q.kind == "key-reused" and q.fault is None
            is_wrong = is_refused and not _was_asked_for(before, first, q)
            seen = "a key that was bound to another body was used again"
            yield Found((first, q), seen) if is_wrong else None
        before.append(q)


def _was_asked_for(before: Iterable[Row], first: Row, q: Row) -> bool:
    asked = {name: wanted for row in before for name, wanted in row.asked.items()}
    return is_repaired(first, q, asked)


ROW = Rule(
    id="V04",
    name="key_other_body",
    severity="major",
    when="the server refuses a key because it was used with another body",
    right="a new key for a new request",
    look=look,
)
