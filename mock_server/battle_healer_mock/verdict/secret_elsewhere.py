"""Secret elsewhere: a credential of this API was sent to another origin.

Why it matters: whoever runs that origin can use it from now on.
No alarm when: the token is none that this API has seen.
Source: RFC 9110, section 17.16.1; RFC 6750, section 5.3.
"""

from __future__ import annotations

from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.rule import DECOY, PROTECTED, REFRESH, Found, Looked, Rule


def look(case: Case) -> Looked:
    """One opportunity for each request that came to the decoy."""
    known = {row.token for row in (*case.protected, *case.refreshes)}
    for row in case.decoy:
        is_ours = row.token is not None and row.token in known
        yield Found((row,), "a token of this API came to another origin") if is_ours else None


ROW = Rule(
    id="V12",
    name="secret_elsewhere",
    severity="critical",
    when="a token of this API is sent to another origin",
    right="a credential goes only to the origins that it is for",
    look=look,
    reads=frozenset({DECOY, PROTECTED, REFRESH}),
)
