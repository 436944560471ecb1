"""Dead region: a call stays in a region that is down, and others are up.

What is counted: three refusals of one call by one region, each of which named a region that
is up.
Why it matters: waiting for what is broken, while the way round is open.
No alarm when: the client was never seen in that other region, so it may have no right to it; or
the other region refused this call as well.
Source: RFC 9110, section 15.6.4.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from battle_healer_mock.journal import Row
from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.facts import REGION_KINDS
from battle_healer_mock.verdict.rule import Found, Looked, Rule

MOST = 2
CLOSED = REGION_KINDS | {"gone", "redirect"}


def look(case: Case) -> Looked:
    """One opportunity for each call that a region refused while the client knew another."""
    known: dict[str | None, set[str]] = defaultdict(set)
    for row in case.protected:
        known[row.account].add(row.region)
    for call in case.calls:
        refusals = [row for row in call.rows if row.kind in REGION_KINDS]
        closed = {row.region for row in call.rows if row.kind in CLOSED}
        open_to_it = [r for r in refusals if (set(r.offered) - closed) & known[r.account]]
        if open_to_it:
            yield _stayed(open_to_it)


def _stayed(refusals: list[Row]) -> Found | None:
    region, times = Counter(row.region for row in refusals).most_common(1)[0]
    if times <= MOST:
        return None
    rows = tuple(row for row in refusals if row.region == region)
    return Found(rows, f"{times} attempts in {region}, which was down while others were up")


ROW = Rule(
    id="V15",
    name="dead_region",
    severity="major",
    when="a call comes a third time to a region that is down, and the client knows one that is up",
    right="fail over",
    look=look,
)
