"""Dead token: a token that was refused is used again.

Why it matters: it cannot work, and servers lock out those who try.
No alarm when: the request was under way when the token was refused. Other calls count only if
they came on the same connection, more than 250 ms later, and the token was refused again:
another process cannot know.
Source: RFC 6750, section 3.1.
"""

from __future__ import annotations

from collections import defaultdict

from battle_healer_mock.journal import Row
from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.facts import came_after, is_token_refused
from battle_healer_mock.verdict.rule import Found, Looked, Rule

GRACE_S = 0.25


def look(case: Case) -> Looked:
    """One opportunity for each refusal of a token."""
    refused: dict[tuple[str | None, int | None], list[Row]] = defaultdict(list)
    for row in case.protected:
        if is_token_refused(row):
            refused[row.token, row.connection].append(row)
    for call in case.calls:
        for p in call.rows:
            if not is_token_refused(p):
                continue
            q = next(call.after(p), None)
            if q is None or q.token != p.token:
                q = next((r for r in refused[p.token, p.connection] if _is_later(p, r)), None)
            yield Found((p, q), "a token that had been refused was sent again") if q else None


def _is_later(p: Row, q: Row) -> bool:
    heard_s = p.t_headers if p.t_headers is not None else p.t_in
    return q.call != p.call and came_after(q, p) and q.t_in > heard_s + GRACE_S


ROW = Rule(
    id="V09",
    name="dead_token",
    severity="major",
    when="a token is used again after it was refused",
    right="refresh it, or take another credential",
    look=look,
)
