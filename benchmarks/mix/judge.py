"""Right or wrong, by rules written before any run; from ledger, wire log and what callers heard.

- A call is *right* if its caller got the best honest outcome (`Case.right`): the true answer, with
  every field as expected and the write in effect exactly once; or, where that cannot be had, an
  honest failure with at most the requests stated and exactly the effects that were unavoidable.
- A *duplicate* is a call in effect more than once.
- A *false success* is a success told without the true answer, or without the effect.
- An *early* request came before the time that the server had named, at a place that the time
  binds: everywhere for a throttle, the same token for a quota, the same region for an outage.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.mix.calls import MIX, Case

CLOCK_S: Final = 0.002
"""What two readings of one clock may differ by."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one call."""

    case: Case
    right: bool
    requests: int
    effects: int
    early: int
    false_success: bool
    why: str


@dataclass(frozen=True, slots=True)
class Score:
    """What came of all calls of a client."""

    verdicts: tuple[Verdict, ...]

    @property
    def right(self) -> int:
        """Calls that ended as well as they honestly could."""
        return sum(verdict.right for verdict in self.verdicts)

    @property
    def duplicates(self) -> int:
        """Calls whose write took effect more than once."""
        return sum(verdict.effects > 1 for verdict in self.verdicts)

    @property
    def false_successes(self) -> int:
        """Calls reported as a success that were none."""
        return sum(verdict.false_success for verdict in self.verdicts)

    @property
    def early(self) -> int:
        """Requests before the server's time."""
        return sum(verdict.early for verdict in self.verdicts)

    @property
    def requests_per_call(self) -> float:
        """Requests on the wire, refreshes not counted."""
        return sum(verdict.requests for verdict in self.verdicts) / len(self.verdicts)

    @property
    def wrong(self) -> tuple[Verdict, ...]:
        """The calls that could have ended better."""
        return tuple(verdict for verdict in self.verdicts if not verdict.right)


def early(rows: Sequence[Mapping[str, Any]]) -> int:
    """How many requests of one call came before the time that an earlier answer named."""
    return sum(any(_too_early(row, told) for told in rows[:n]) for n, row in enumerate(rows))


def _too_early(row: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    if row["arrived"] >= told.get("not_before", 0) - CLOCK_S:
        return False
    binds = told["binds"]
    return bool(binds == "all" or row[binds] == told[binds])


def judged(case: Case, told: Mapping[str, Any], books: Mapping[str, Any]) -> Verdict:
    """Judge one call. told: a line of the runner. books: the upstream's log and ledger."""
    rows = [row for row in books["rows"] if row["call"] == case.number]
    effects = sum(effect["call"] == case.number for effect in books["effects"])
    true_answer = _is_true(case, told["body"])
    false_success = told["success"] and not (true_answer and (effects or case.sort == "G"))
    wrong = []
    if not told["came_back"]:
        wrong.append("the call never came back")
    if told["success"] != case.right.delivered:
        wrong.append("called a success" if told["success"] else "not delivered")
    elif case.right.delivered and not true_answer:
        wrong.append("not the answer expected")
    if effects != case.right.effects:
        wrong.append(f"{effects} effects instead of {case.right.effects}")
    if case.right.requests is not None and len(rows) > case.right.requests:
        wrong.append(f"{len(rows)} requests instead of {case.right.requests}")
    why = f"{'; '.join(wrong)} ({told['note']})" if wrong else ""
    return Verdict(case, not wrong, len(rows), effects, early(rows), false_success, why)


def _is_true(case: Case, body: str) -> bool:
    """Whether a program that expects `case.answer` would find every field of it."""
    try:
        answer = json.loads(body)
    except ValueError:
        return False
    return isinstance(answer, dict) and all(
        name in answer and answer[name] == value for name, value in case.answer.items()
    )


def scored(told: Iterable[Mapping[str, Any]], books: Mapping[str, Any]) -> Score:
    """Judge all eighty; a call of which nothing was heard counts as one that never came back."""
    heard = {line["call"]: line for line in told}
    silent = {"success": False, "came_back": False, "body": "", "note": "nothing was heard"}
    return Score(tuple(judged(case, heard.get(case.number, silent), books) for case in MIX))
