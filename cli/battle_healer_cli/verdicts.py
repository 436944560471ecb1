"""A verdict as a mock server tells it: read with care, shown as a table, lines or JUnit XML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from xml.etree import ElementTree as Xml

from rich.table import Table
from rich.text import Text

from battle_healer.text import safe
from battle_healer_cli.complaints import UsageError
from battle_healer_cli.terminal import columns

_GRADES: Final = {"pass": "green", "warn": "yellow", "fail": "red", "unknown": "yellow"}
_MOST_CHARACTERS: Final = 300
_MOST_NAMED: Final = 6


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach. calls and lines: of the exchanges that show it."""

    id: str
    name: str
    severity: str
    calls: tuple[str, ...]
    lines: tuple[str, ...]
    seen: str
    right: str
    possible: bool


@dataclass(frozen=True, slots=True)
class RuleState:
    """What became of one rule: found, kept, unknown or not exercised."""

    id: str
    name: str
    severity: str
    state: str
    opportunities: int
    certain: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict; every text in it is safe to print."""

    grade: str
    findings: tuple[Finding, ...]
    rules: tuple[RuleState, ...]
    dropped: int
    open_rows: tuple[str, ...]

    def in_state(self, state: str) -> tuple[RuleState, ...]:
        """The rules that ended so."""
        return tuple(rule for rule in self.rules if rule.state == state)


def read_verdict(told: dict[str, Any], where: str) -> Judged:
    """The verdict in an answer. Raises UsageError where there is none."""
    try:
        grade = str(told["grade"])
        findings = tuple(_finding(item) for item in told["findings"])
        rules = tuple(_rule(item) for item in told["rules"])
        open_rows, dropped = _texts(told["open_rows"]), int(told["dropped_rows"])
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            "the answer holds no verdict", where, "Name a mock server of this version."
        ) from error
    if grade not in _GRADES:
        raise UsageError(f"unknown grade {_text(grade)!r}", where, f"Known: {', '.join(_GRADES)}.")
    return Judged(grade, findings, rules, dropped, open_rows)


def _finding(item: dict[str, Any]) -> Finding:
    return Finding(
        _text(item["id"]), _text(item["name"]), _text(item["severity"]), _texts(item["calls"]),
        _texts(item["lines"]), _text(item["seen"]), _text(item["right"]),
        item.get("possible") is True,
    )  # fmt: skip


def _rule(item: dict[str, Any]) -> RuleState:
    return RuleState(
        _text(item["id"]), _text(item["name"]), _text(item["severity"]), _text(item["state"]),
        int(item["opportunities"]), int(item["certain"]),
    )  # fmt: skip


def _text(value: object) -> str:
    return safe(str(value), _MOST_CHARACTERS)


def _texts(values: list[object]) -> tuple[str, ...]:
    return tuple(_text(value) for value in values)


def table_of(judged: Judged) -> Table:
    """One row a finding: the rule, how bad it is, where, what was seen, what would be right."""
    table = columns("rule", "severity", "call", "lines", "seen", "right")
    for found in judged.findings:
        severity = f"possibly {found.severity}" if found.possible else found.severity
        table.add_row(
            f"{found.id} {found.name}", severity, _some(found.calls), _some(found.lines),
            found.seen, found.right,
        )  # fmt: skip
    return table


def _some(texts: tuple[str, ...]) -> str:
    more = f" and {len(texts) - _MOST_NAMED} more" if len(texts) > _MOST_NAMED else ""
    return ", ".join(texts[:_MOST_NAMED]) + more


def lines_of(judged: Judged) -> Iterator[Text]:
    """The grade, and which rules it does not rest on."""
    yield Text(f"verdict: {judged.grade}", _GRADES[judged.grade])
    for state in ("kept", "unknown", "not exercised"):
        ids = [rule.id for rule in judged.in_state(state)]
        if ids:
            yield Text(f"{state}: {', '.join(ids)}", "dim")
    if judged.dropped:
        yield Text(f"{judged.dropped} rows were dropped from the journal, and are not judged")
    if judged.open_rows:
        yield Text(f"still running, and not judged: lines {_some(judged.open_rows)}")


def junit(judged: Judged, *, strict: bool) -> str:
    """JUnit XML: one test case a rule; what was not exercised is skipped.

    strict: minor and merely possible findings fail their case too.
    """
    suite = Xml.Element("testsuite", name="healer verdict", tests=str(len(judged.rules)))
    for rule in judged.rules:
        case = Xml.SubElement(suite, "testcase", classname="verdict", name=f"{rule.id} {rule.name}")
        _fill(case, rule, judged, strict=strict)
    for kind in ("failure", "error", "skipped"):
        plural = {"failure": "failures", "error": "errors", "skipped": "skipped"}[kind]
        suite.set(plural, str(len(suite.findall(f"testcase/{kind}"))))
    Xml.indent(suite)
    return Xml.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _fill(case: Xml.Element, rule: RuleState, judged: Judged, *, strict: bool) -> None:
    mine = [found for found in judged.findings if found.id == rule.id]
    if mine:
        fails = strict or (rule.severity != "minor" and rule.certain > 0)
        told = Xml.SubElement(case, "failure" if fails else "system-out")
        if fails:
            told.set("message", mine[0].seen)
            told.set("type", rule.severity)
        told.text = "\n".join(
            f"{found.seen} (lines {', '.join(found.lines)}); right: {found.right}" for found in mine
        )
    elif rule.state == "unknown":
        Xml.SubElement(case, "error", message="unknown: rows of the journal were dropped")
    elif rule.state == "not exercised":
        Xml.SubElement(case, "skipped", message="not exercised")
