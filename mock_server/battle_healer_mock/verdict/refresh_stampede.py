"""Refresh stampede: one token was refreshed more than once.

Why it matters: with many servers the second refresh revokes what the first one brought.
No alarm when: an earlier refresh failed, was put off with a 429, or was not heard to the end.
Source: RFC 9700, section 4.14.2 (refresh token rotation).
"""

from __future__ import annotations

from collections import defaultdict

from battle_healer_mock.journal import Row
from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.rule import REFRESH, Found, Looked, Rule


def look(case: Case) -> Looked:
    """One opportunity for each token that was refreshed."""
    done: dict[str, list[Row]] = defaultdict(list)
    for row in case.refreshes:
        if row.token is not None and row.status == 200 and row.end == "complete":  # noqa: PLR2004 - HTTP
            done[row.token].append(row)
    for rows in done.values():
        times = len(rows)
        yield Found(tuple(rows), f"one token was refreshed {times} times") if times > 1 else None


ROW = Rule(
    id="V10",
    name="refresh_stampede",
    severity="major",
    when="one token is refreshed more than once",
    right="one refresh, for which all callers wait",
    look=look,
    reads=frozenset({REFRESH}),
)
