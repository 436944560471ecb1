"""No jitter: many calls come back in step.

What is counted: of 20 or more calls that met one fault at the same attempt, without a wait from
the server, delays that hardly vary (coefficient of variation below 0.06); or 80 % of 20 or more
resends within 10 ms after one and the same time that the server had named.
Why it matters: clients in step hit a server that recovers with all their weight at once.
No alarm when: there are fewer than 20 calls; the delays are below 10 ms on average, which is no
backoff at all; the calls spread over more than 10 ms behind the moment that was named. A wider
window would blame those who add a small first backoff (50 ms) to the server's wait.
Source: simulated: full, equal and 25 % jitter are never flagged, fixed delays always.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from statistics import fmean, pstdev

from battle_healer_mock.journal import Row
from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.facts import early_s, is_unchanged
from battle_healer_mock.verdict.pace import delay_s, resends_of_its_own
from battle_healer_mock.verdict.rule import Found, Looked, Rule

LEAST_CALLS = 20
LEAST_VARIATION = 0.06
LEAST_DELAY_S = 0.01
IN_STEP = 0.8
AT_ONCE_S = 0.01

Pair = tuple[Row, Row]


def look(case: Case) -> Looked:
    """One opportunity for each crowd of 20 or more."""
    for pairs in _crowds(case):
        delays_s = [delay_s(p, q) for p, q in pairs]
        mean_s = fmean(delays_s)
        if mean_s < LEAST_DELAY_S:
            continue
        variation = pstdev(delays_s) / mean_s
        seen = f"{len(pairs)} calls came back after {mean_s:.3g} s each, within {variation:.1%}"
        yield _found(pairs, seen) if variation < LEAST_VARIATION else None
    for pairs in _waiting_together(case):
        prompt = [(p, q) for p, q in pairs if q.t_in - (p.until or 0.0) <= AT_ONCE_S]
        seen = f"{len(prompt)} of {len(pairs)} calls came back at the very moment that was named"
        yield _found(prompt, seen) if len(prompt) >= IN_STEP * len(pairs) else None


def _crowds(case: Case) -> Iterator[list[Pair]]:
    crowds: dict[tuple[str | None, int], list[Pair]] = defaultdict(list)
    for call in case.calls:
        for n, (p, q) in enumerate(resends_of_its_own(call)):
            crowds[p.fault or p.kind, n].append((p, q))
    return (pairs for pairs in crowds.values() if len(pairs) >= LEAST_CALLS)


def _waiting_together(case: Case) -> Iterator[list[Pair]]:
    """Resends by the time that the server had named for all of them."""
    shared: dict[float, list[Pair]] = defaultdict(list)
    for call in case.calls:
        for p, q in call.pairs():
            if p.until is not None and is_unchanged(p, q) and early_s(p, q) is None:
                shared[round(p.until, 6)].append((p, q))
    return (pairs for pairs in shared.values() if len(pairs) >= LEAST_CALLS)


def _found(pairs: list[Pair], seen: str) -> Found:
    return Found(tuple(q for _, q in pairs), seen)


ROW = Rule(
    id="V16",
    name="no_jitter",
    severity="minor",
    when="20 or more calls come back after the same delay, or at the same moment",
    right="full jitter",
    look=look,
)
