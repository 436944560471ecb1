"""Same refusal: a refused request was sent again just as it was.

Why it matters: a refusal is an answer; only something else can have another one.
No alarm when: body, token, region, key or the faults asked for differ; a budget was changed in
between; the reply named a wait.
Source: RFC 9110, section 15.5.
"""

from __future__ import annotations

from battle_healer_mock.journal import Row
from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.facts import is_unchanged
from battle_healer_mock.verdict.rule import Found, Looked, Rule

STATUSES = frozenset({400, 402, 403, 404, 410, 413, 415, 422})


def look(case: Case) -> Looked:
    """One opportunity for each refusal that a change alone can heal."""
    for call in case.calls:
        for p in call.rows:
            if p.status not in STATUSES or p.until is not None or p.end != "complete":
                continue
            q = next(call.after(p), None)
            if q is None or not is_unchanged(p, q) or _is_adjusted(case, p, q):
                yield None
            else:
                yield Found((p, q), f"after {p.status} {p.kind} the same request came again")


def _is_adjusted(case: Case, p: Row, q: Row) -> bool:
    return any(p.line < line < q.line for line in case.adjusted)


ROW = Rule(
    id="V08",
    name="same_4xx",
    severity="major",
    when="a request that was refused is sent again unchanged",
    right="change what the reply names, or stop",
    look=look,
)
