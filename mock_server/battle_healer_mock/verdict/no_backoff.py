"""No backoff: the third resend comes as soon as the first.

What is counted: over ten or more calls with four attempts, without a wait from the server, the
mean third delay is less than 1.2 times the mean first.
Why it matters: what did not help at once needs more time, not more attempts.
No alarm when: there are fewer calls; the server named waits. Means are compared, since full
jitter may shrink a single delay; no time at all on a manual clock says nothing.
Source: simulated: exponential backoff with full jitter is never flagged, fixed delays always.
"""

from __future__ import annotations

from statistics import fmean

from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.pace import delay_s, resends_of_its_own
from battle_healer_mock.verdict.rule import Found, Looked, Rule

LEAST_CALLS = 10
LEAST_RESENDS = 3
LEAST_GROWTH = 1.2


def look(case: Case) -> Looked:
    """One opportunity where ten calls were sent often enough."""
    resends = [[*resends_of_its_own(call)] for call in case.calls]
    resends = [pairs for pairs in resends if len(pairs) >= LEAST_RESENDS]
    if len(resends) < LEAST_CALLS:
        return
    first_s = fmean(delay_s(*pairs[0]) for pairs in resends)
    third_s = fmean(delay_s(*pairs[2]) for pairs in resends)
    if third_s >= LEAST_GROWTH * first_s:
        yield None
        return
    rows = tuple(pairs[2][1] for pairs in resends)
    yield Found(rows, f"the mean delay was {first_s:.3g} s at first, and {third_s:.3g} s later")


ROW = Rule(
    id="V17",
    name="no_backoff",
    severity="minor",
    when="over 10 or more calls, delays do not grow from the first resend to the third",
    right="exponential backoff",
    look=look,
)
