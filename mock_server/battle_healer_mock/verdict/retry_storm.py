"""Retry storm: one call is hammered.

What is counted: eight resends within a second, each the same request to the same place.
Why it matters: an outage that clients make longer.
No alarm when: each of them followed a different fault; no time passed at all between them,
which on a manual clock that nobody moves says nothing.
Source: simulated: full jitter from 50 ms does it in 0.03 % of calls, a fixed 100 ms always.
"""

from __future__ import annotations

from battle_healer_mock.journal import Row
from battle_healer_mock.verdict.case import Attempts, Case
from battle_healer_mock.verdict.facts import is_unchanged
from battle_healer_mock.verdict.rule import Found, Looked, Rule

MOST = 8
WINDOW_S = 1.0


def look(case: Case) -> Looked:
    """One opportunity for each call that was sent more than once."""
    for call in case.calls:
        if len(call.rows) > 1:
            yield _storm(call)


def _storm(call: Attempts) -> Found | None:
    run: list[tuple[Row, Row]] = []
    for p, q in call.pairs():
        run = [*run, (p, q)][-MOST:] if is_unchanged(p, q) else []
        if len(run) < MOST:
            continue
        took_s = q.t_in - run[0][1].t_in
        faults = {first.fault or first.kind for first, _ in run}
        if 0 < took_s <= WINDOW_S and len(faults) < MOST:
            return Found(tuple(row for _, row in run), f"{MOST} resends in {took_s:.3g} s", took_s)
    return None


ROW = Rule(
    id="V06",
    name="retry_storm",
    severity="major",
    when="one call is sent again 8 times within a second, unchanged",
    right="back off, and keep a budget for retries",
    look=look,
)
