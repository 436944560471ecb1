"""Useless refresh: a token was refreshed though that could not help, or was not needed.

Why it matters: a revoked or forbidden credential stays so, and refreshes are counted.
No alarm when: the token had been refused as expired or unknown; it had at most a minute left;
the server never issued it.
Source: RFC 6749, section 6.
"""

from __future__ import annotations

from collections import defaultdict

from battle_healer_mock.journal import Row
from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.facts import came_after, is_token_refused
from battle_healer_mock.verdict.rule import PROTECTED, REFRESH, Found, Looked, Rule

AHEAD_S = 60.0


def look(case: Case) -> Looked:
    """One opportunity for each refresh of a token that the server knows."""
    used: dict[str | None, list[Row]] = defaultdict(list)
    for p in case.protected:
        used[p.token].append(p)
    for q in case.refreshes:
        if q.life_s is None:
            continue
        mine = [p for p in used[q.token] if came_after(q, p)]
        was_asked = any(is_token_refused(p) and p.kind != "token-revoked" for p in mine)
        if was_asked or q.life_s <= AHEAD_S:
            yield None
            continue
        told = next((p for p in reversed(mine) if p.cure == "credential"), None)
        after = f" after {told.kind}" if told else ""
        rows = (told, q) if told else (q,)
        yield Found(rows, f"a token with {q.life_s:.0f} s left was refreshed{after}")


ROW = Rule(
    id="V11",
    name="useless_refresh",
    severity="minor",
    when="a token is refreshed that has more than a minute left, was revoked, or lacks a right",
    right="refresh what has expired, and change what was revoked",
    look=look,
    reads=frozenset({PROTECTED, REFRESH}),
)
