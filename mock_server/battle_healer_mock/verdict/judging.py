"""The verdict: every rule asked, its findings bounded, and a grade that never claims too much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from battle_healer_mock.verdict.case import Case
from battle_healer_mock.verdict.rule import Found, Rule
from battle_healer_mock.verdict.table import RULES

Grade = Literal["pass", "warn", "fail", "unknown"]

# What one rule shows: a client that errs thousands of times errs in the same way.
MOST_FINDINGS: Final = 100
MOST_LINES: Final = 50


@dataclass(slots=True)
class Ruling:
    """What became of one rule.

    opportunities: how often it could have been broken. breaches: how often it was; `found` holds
    the first of them. certain: those that do not rest on a guess at which call it was.
    """

    rule: Rule
    opportunities: int = 0
    breaches: int = 0
    certain: int = 0
    found: list[Found] = field(default_factory=list)

    def state(self, dropped: Mapping[str, int]) -> str:
        """found, unknown (rows that it reads are missing), not exercised, or kept."""
        if self.breaches:
            return "found"
        if not self.rule.reads.isdisjoint(dropped):
            return "unknown"
        return "kept" if self.opportunities else "not exercised"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The rulings of all rules, and how much of the traffic they could see.

    dropped: rows that the journal has lost, by their subject. open_rows: lines of exchanges that
    still run. closed: whether the traffic was said to be over.
    """

    rulings: tuple[Ruling, ...]
    dropped: Mapping[str, int] = field(default_factory=dict)
    open_rows: tuple[int, ...] = ()
    closed: bool = False

    @property
    def grade(self) -> Grade:
        """Fail on anything critical or major that is certain; never pass what is unknown."""
        if any(r.certain and r.rule.severity != "minor" for r in self.rulings):
            return "fail"
        if any(r.state(self.dropped) == "unknown" for r in self.rulings):
            return "unknown"
        return "warn" if any(r.breaches for r in self.rulings) else "pass"

    def as_json(self) -> dict[str, object]:
        """The answer of `GET /verdict`."""
        return {
            "grade": self.grade,
            "findings": [_finding(r.rule, found) for r in self.rulings for found in r.found],
            "opportunities": {r.rule.id: r.opportunities for r in self.rulings},
            "rules": [self._row(ruling) for ruling in self.rulings],
            "dropped_rows": sum(self.dropped.values()),
            "dropped_of": dict(self.dropped),
            "open_rows": list(self.open_rows),
            "closed": self.closed,
        }

    def _row(self, ruling: Ruling) -> dict[str, object]:
        rule = ruling.rule
        return {
            "id": rule.id,
            "name": rule.name,
            "severity": rule.severity,
            "state": ruling.state(self.dropped),
            "breaches": ruling.breaches,
            "certain": ruling.certain,
            "opportunities": ruling.opportunities,
            "when": rule.when,
            "right": rule.right,
        }


def rule_on(case: Case, rules: Sequence[Rule] = RULES) -> tuple[Ruling, ...]:
    """Ask every rule about every opportunity."""
    return tuple(_ruling(rule, case) for rule in rules)


def _ruling(rule: Rule, case: Case) -> Ruling:
    ruling = Ruling(rule)
    for found in rule.look(case):
        ruling.opportunities += 1
        if found is None:
            continue
        ruling.breaches += 1
        ruling.certain += not _is_possible(found)
        if len(ruling.found) < MOST_FINDINGS:
            ruling.found.append(found)
    return ruling


def _is_possible(found: Found) -> bool:
    """Whether it rests on a call that nobody named, so that it may be several."""
    return len(found.rows) > 1 and any(row.call_from == "inferred" for row in found.rows)


def _finding(rule: Rule, found: Found) -> dict[str, object]:
    rows = found.rows[:MOST_LINES]
    shown: dict[str, object] = {
        "id": rule.id,
        "name": rule.name,
        "severity": rule.severity,
        "calls": list(dict.fromkeys(row.call for row in rows if row.call)),
        "lines": [row.line for row in rows],
        "seen": found.seen,
        "right": rule.right,
    }
    if _is_possible(found):
        shown["possible"] = True
    if found.seconds is not None:
        shown["seconds"] = found.seconds
    return shown
