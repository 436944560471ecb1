"""Header lost: a resend lacks a header that the first attempt had.

What is looked at: `Content-Type`, `Accept`, `traceparent` and `X-Correlation-ID`.
Why it matters: the second request is another one, or cannot be found in any log.
No alarm when: the resend has no body, for `Content-Type`; the value alone changed, as the span
in `traceparent` should.
Source: RFC 9110, section 8.3; W3C Trace Context.
"""

from __future__ import annotations

from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.rule import Found, Looked, Rule


def look(case: Case) -> Looked:
    """One opportunity for each resend by the same method."""
    for call in case.calls:
        first = call.first
        for _, q in call.pairs():
            if q.method != first.method:
                continue
            lost = {*first.carried} - {*q.carried}
            if not q.body_bytes:
                lost -= {"content-type"}
            names = ", ".join(sorted(lost))
            yield Found((first, q), f"a resend came without {names}") if lost else None


ROW = Rule(
    id="V20",
    name="header_lost",
    severity="major",
    when="a resend lacks a header that the first attempt had",
    right="send the whole request again",
    look=look,
)
