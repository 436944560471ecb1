"""In progress, hammered: a key that is still being worked on is asked for again and again.

What is counted: more than one request with the key within the wait that the 409 named.
Why it matters: the answer is on its way; asking does not speed it up.
No alarm when: only one came early, or the requests were under way when the 409 was sent.
Source: draft-ietf-httpapi-idempotency-key-header-07, section 2.7.
"""

from __future__ import annotations

from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.facts import early_s, has_same_key
from battle_healer_mock.verdict.rule import Found, Looked, Rule


def look(case: Case) -> Looked:
    """One opportunity for each wait that a 409 asked for."""
    for call in case.calls:
        reported = 0
        for p in call.rows:
            if p.kind != "in-progress" or p.line <= reported:
                continue
            early = [q for q in call.after(p) if has_same_key(p, q) and early_s(p, q) is not None]
            if len(early) > 1:
                reported = early[-1].line
                yield Found((p, *early), f"{len(early)} requests came within the wait")
            else:
                yield None


ROW = Rule(
    id="V19",
    name="in_progress_hammer",
    severity="minor",
    when="more than one request with the same key comes within the wait that a 409 named",
    right="wait, then ask once",
    look=look,
)
