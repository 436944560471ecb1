"""Redirect with body: the body of a request was sent to another origin.

Why it matters: what is in it was meant for this API alone.
No alarm when: a bare request without a body came; a credential has a rule of its own.
Source: RFC 9110, section 15.4.
"""

from __future__ import annotations

from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.rule import DECOY, Found, Looked, Rule


def look(case: Case) -> Looked:
    """One opportunity for each request that came to the decoy."""
    for row in case.decoy:
        brought = f"a body of {row.body_bytes} bytes came to another origin"
        yield Found((row,), brought) if row.body_bytes else None


ROW = Rule(
    id="V13",
    name="redirect_with_body",
    severity="critical",
    when="a request body is sent to another origin",
    right="do not follow a redirect to an origin that is not declared",
    look=look,
    reads=frozenset({DECOY}),
)
