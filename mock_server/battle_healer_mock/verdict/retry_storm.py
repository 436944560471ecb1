"""Retry storm: one call is hammered, or a whole client is louder than its failures allow.

What is counted: eight resends of one call within a second, each the same request to the same
place; and, over all calls, more than 100 resends within ten seconds, beside a fifth of the calls
begun in that time, which met the very fault that they had come from.
Why it matters: an outage that clients make longer.
No alarm when: the resends of a call each followed a different fault; those of a crowd were healed,
met another fault, or came at a time that the server had named; no time passed at all between
them, which on a manual clock that nobody moves says nothing.
Source: simulated: full jitter from 50 ms does it in 0.03 % of calls, a fixed 100 ms always. The
share is what the retry budgets of Finagle and Linkerd (a fifth, and 10/s, over 10 s) and of the
AWS SDKs (500 tokens, 5 a retry) come to at most.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from battle_healer_mock.journal import Row
from battle_healer_mock.verdict.case import Attempts, Case
from battle_healer_mock.verdict.facts import is_unchanged
from battle_healer_mock.verdict.rule import Found, Looked, Rule

MOST = 8
WINDOW_S = 1.0
MOST_IN_VAIN = 100
SHARE = 0.2
SPAN_S = 10.0


def look(case: Case) -> Looked:
    """One opportunity for each call that was sent more than once, and one for a loud client."""
    for call in case.calls:
        if len(call.rows) > 1:
            yield _storm(call)
    in_vain = sorted(_in_vain(case), key=lambda row: row.t_in)
    if len(in_vain) > MOST_IN_VAIN:
        yield _over_budget(in_vain, sorted(call.first.t_in for call in case.calls))


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


def _in_vain(case: Case) -> Iterator[Row]:
    """Unchanged resends that met what they had come from, and that no wait was named for."""
    for call in case.calls:
        for p, q in call.pairs():
            met = q.fault or q.kind
            if met and met == (p.fault or p.kind) and p.until is None and is_unchanged(p, q):
                yield q


def _over_budget(in_vain: list[Row], begun_s: list[float]) -> Found | None:
    """in_vain: by arrival. begun_s: when each call began, sorted."""
    first = 0
    for last, row in enumerate(in_vain):
        while row.t_in - in_vain[first].t_in > SPAN_S:
            first += 1
        count = last + 1 - first
        calls = bisect_right(begun_s, row.t_in) - bisect_left(begun_s, row.t_in - SPAN_S)
        took_s = row.t_in - in_vain[first].t_in
        if took_s > 0 and count > MOST_IN_VAIN + SHARE * calls:
            seen = f"{count} resends in vain in {took_s:.3g} s, beside {calls} calls"
            return Found(tuple(in_vain[first : last + 1]), seen, took_s)
    return None


ROW = Rule(
    id="V06",
    name="retry_storm",
    severity="major",
    when="one call is sent again 8 times within a second, unchanged; or a client sends more than "
    "100 and a fifth of its calls again within 10 s, in vain",
    right="back off, and keep a budget for retries",
    look=look,
)
