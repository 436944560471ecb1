"""Quota ignored: the last reply said that nothing is left, and the next call came all the same.

Why it matters: a refusal that could be foreseen costs both sides.
No alarm when: the quota is simulated for one call; the next request came on another
connection, whose client may not know; it was not refused.
Source: draft-ietf-httpapi-ratelimit-headers-11 (`r=0;t=`).
"""

from __future__ import annotations

from collections import defaultdict

from battle_healer_mock.journal import Row
from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.facts import came_after
from battle_healer_mock.verdict.rule import Found, Looked, Rule


def look(case: Case) -> Looked:
    """One opportunity for each reply that said that a credential has nothing left."""
    spent: dict[tuple[str | None, int | None], list[Row]] = defaultdict(list)
    for row in case.protected:
        if row.spent_until is not None and row.fault is None:
            spent[row.credential, row.connection].append(row)
    for rows in spent.values():
        for n, p in enumerate(rows):
            q = rows[n + 1] if n + 1 < len(rows) else None
            seen = "a credential with nothing left was used again"
            yield Found((p, q), seen) if q is not None and _is_ignored(p, q) else None


def _is_ignored(p: Row, q: Row) -> bool:
    is_soon = p.spent_until is not None and q.t_in < p.spent_until
    return q.kind == "quota-exceeded" and came_after(q, p) and is_soon


ROW = Rule(
    id="V18",
    name="quota_ignored",
    severity="minor",
    when="a credential is used again before the time at which its spent quota comes back",
    right="another credential, or later",
    look=look,
)
