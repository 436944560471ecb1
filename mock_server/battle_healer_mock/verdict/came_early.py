"""Came early: a call was sent again before the time that the server had named.

Why it matters: a server that asks for a pause is in trouble, or counts.
No alarm when: the request went where the wait does not bind: another credential after a spent
quota, another region after a 503 (a throttle binds everywhere); the reply had no wait that a
client can read; it came within 50 ms and 1 % of the time, or within a second of a date; it was
under way before the reply. A key in progress has a rule of its own.
Source: RFC 9110, section 10.2.3; draft-ietf-httpapi-ratelimit-headers-11.
"""

from __future__ import annotations

from battle_healer_mock.journal import Row
from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.facts import early_s
from battle_healer_mock.verdict.rule import Found, Looked, Rule


def look(case: Case) -> Looked:
    """One opportunity for each wait that a reply asked for."""
    for call in case.calls:
        for p in call.rows:
            if p.until is None or p.wait_form is None or p.kind == "in-progress":
                continue
            q = next((q for q in call.after(p) if _is_bound(p, q)), None)
            seconds = early_s(p, q) if q is not None else None
            if q is None or seconds is None:
                yield None
            else:
                yield Found((p, q), f"it came {seconds:.3g} s early", round(seconds, 3))


def _is_bound(p: Row, q: Row) -> bool:
    """Whether the wait of `p` is about `q` too."""
    if p.kind == "rate-limited":
        return True
    if p.kind == "quota-exceeded":
        return (p.credential or p.token) == (q.credential or q.token)
    return p.region == q.region


ROW = Rule(
    id="V05",
    name="came_early",
    severity="major",
    when="a call is sent again before the time that the server named",
    right="wait as long as the reply says, or choose another way",
    look=look,
)
