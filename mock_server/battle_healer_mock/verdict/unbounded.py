"""Unbounded: a call is sent again and again, without an end in sight.

What is counted: more than ten attempts, or more than five that met the same fault in
one region.
Why it matters: what has failed so often is not healed by doing it once more.
No alarm when: the faults that were asked for strike at most so often that this many attempts
get through. A minute's pause begins a new count, since a queue may come back later.
Source: the bounds of common HTTP libraries, 3 to 10 attempts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from battle_healer_mock.journal import Row
from battle_healer_mock.trigger import FOREVER, TriggerError, parse
from battle_healer_mock.verdict.case import Attempts, Case
from battle_healer_mock.verdict.rule import Found, Looked, Rule

MOST_ATTEMPTS = 10
MOST_OF_A_FAULT = 5
PAUSE_S = 60.0


def look(case: Case) -> Looked:
    """One opportunity for each call that was sent more than once."""
    for call in case.calls:
        if len(call.rows) > 1:
            yield next((found for run in _runs(call) if (found := _judge(run))), None)


def _judge(run: list[Row]) -> Found | None:
    counts = _counts(run)
    if len(run) > max(MOST_ATTEMPTS, sum(counts.values()) + 1):
        return Found(tuple(run), f"{len(run)} attempts")
    met = Counter((row.fault, row.region) for row in run if row.fault)
    for (fault, region), times in met.items():
        if times > max(MOST_OF_A_FAULT, counts[fault]):
            rows = tuple(row for row in run if (row.fault, row.region) == (fault, region))
            return Found(rows, f"{times} attempts met {fault} in {region}")
    return None


def _runs(call: Attempts) -> Iterator[list[Row]]:
    """The attempts between long pauses."""
    run: list[Row] = []
    for row in call.rows:
        if run and row.t_in - run[-1].t_in > PAUSE_S:
            yield run
            run = []
        run.append(row)
    yield run


def _counts(run: list[Row]) -> Counter[str | None]:
    """How often each fault was to strike, for those that end by themselves."""
    counts: Counter[str | None] = Counter()
    for text in {row.trigger for row in run if row.trigger}:
        try:
            items = parse(text).items
        except TriggerError:
            continue
        for item in items:
            if item.count is not None and item.count != FOREVER:
                counts[item.fault.name] = max(counts[item.fault.name], int(item.count))
    return counts


ROW = Rule(
    id="V07",
    name="unbounded",
    severity="major",
    when="a call has more than 10 attempts, or more than 5 that met one fault in one region",
    right="stop after a few attempts, and say so",
    look=look,
)
