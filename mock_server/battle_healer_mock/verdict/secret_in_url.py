"""Secret in the URL: a token was sent in the query string.

Why it matters: URLs end up in logs, histories and `Referer` headers.
No alarm when: it stands in the `Authorization` header, where it belongs.
Source: RFC 6750, section 5.3.
"""

from __future__ import annotations

from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.rule import Found, Looked, Rule


def look(case: Case) -> Looked:
    """One opportunity for each request of the protected API."""
    for row in case.protected:
        yield Found((row,), "a token stood in the query string") if row.token_in_query else None


ROW = Rule(
    id="V25",
    name="secret_in_url",
    severity="major",
    when="a token stands in the query string",
    right="the Authorization header",
    look=look,
)
