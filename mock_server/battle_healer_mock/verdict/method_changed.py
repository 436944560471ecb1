"""Method changed: a redirect that keeps the method was followed with another one.

Why it matters: a write became a read, or lost its body, and nobody noticed.
No alarm when: the next request did not go where the redirect led, to another region; more than
a minute passed.
Source: RFC 9110, sections 15.4.8 and 15.4.9.
"""

from __future__ import annotations

from collections.abc import Iterator

from battle_healer_mock.journal import Row
from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.facts import came_after
from battle_healer_mock.verdict.rule import Found, Looked, Rule

STATUSES = frozenset({307, 308})
AT_ONCE_S = 60.0


def look(case: Case) -> Looked:
    """One opportunity for each redirect of a write that must keep its method."""
    for p in case.protected:
        if p.status not in STATUSES or p.method == "GET":
            continue
        q = next(_followers(case, p), None)
        if q is None or (q.method == p.method and q.body_bytes):
            yield None
        else:
            yield Found((p, q), f"{p.method} with a body was followed as {q.method} elsewhere")


def _followers(case: Case, p: Row) -> Iterator[Row]:
    for q in case.protected:
        is_same = q.call == p.call or (
            p.correlation_id is not None and q.correlation_id == p.correlation_id
        )
        if is_same and q.region != p.region and came_after(q, p):
            if q.t_in - p.t_in <= AT_ONCE_S:
                yield q
            return


ROW = Rule(
    id="V21",
    name="method_changed",
    severity="major",
    when="a 307 or 308 is followed with another method, or without the body",
    right="keep method and body, or do not follow",
    look=look,
)
