"""How reports are shown: a table of runs, the calls of one run, and the same as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.table import Table
from rich.text import Text

from battle_healer_cli.running.report import Report, Seen
from battle_healer_cli.terminal import columns
from battle_healer_cli.timeline import outcome_line, step_line


def table_of(reports: list[Report]) -> Table:
    """One row a run: scenario, outcome, actions, requests, effects, and whether all is well."""
    table = columns("scenario", "outcome", "actions", "requests", "effects", "as expected")
    for column in table.columns[3:5]:
        column.justify = "right"
    for report in reports:
        table.add_row(
            report.scenario.name,
            _outcomes(report),
            _actions(report),
            str(report.requests),
            str(len(report.effects)),
            Text("no", "red") if report.findings else Text("yes", "green"),
        )
    return table


def _outcomes(report: Report) -> Text:
    counted = Counter(seen.ended for seen in report.seen)
    parts = [_times(word, n) for word, n in counted.items()]
    style = f"outcome.{next(iter(counted))}" if len(counted) == 1 else ""
    return Text(", ".join(parts), style)


def _actions(report: Report) -> str:
    """The one course that all calls took, or how often each action was taken."""
    courses = {seen.actions for seen in report.seen}
    if len(courses) == 1:
        course = " → ".join(courses.pop()) or "none"
        return course if len(report.seen) == 1 else f"each: {course}"
    counted = Counter(action for seen in report.seen for action in seen.actions)
    return ", ".join(_times(action, n) for action, n in counted.items())


def _times(word: str, n: int) -> str:
    return word if n == 1 else f"{n} {word}"


def detail(report: Report) -> Iterator[Text]:
    """The calls of a run, step by step, then what differed from what was expected."""
    yield Text(f"{report.scenario.name}: {report.scenario.title}", "bold")
    yield Text(f"played with {report.cell}", "dim")
    for seen in report.seen:
        yield from _course(seen, report.effects_of(seen.id))
    yield Text(f"{report.requests} requests, {len(report.effects)} effects in the ledger")
    for finding in report.findings:
        yield Text(f"differs: {finding}", "red")
    if not report.findings:
        yield Text("as expected", "green")


def _course(seen: Seen, effects: int) -> Iterator[Text]:
    if seen.outcome is None:
        yield Text(f"{seen.id}: skipped, since the call before it was not delivered", "dim")
        return
    yield Text(f"{seen.id}  ", "bold") + outcome_line(seen.outcome)
    for step in seen.outcome.steps:
        yield step_line(step)


def public(report: Report) -> dict[str, Any]:
    """The run as plain data, for programs."""
    cell = report.cell
    return {
        "scenario": report.scenario.name,
        "planner": cell.planner,
        "client": cell.client,
        "method": cell.variant or "as-written",
        "calls": [_public_call(seen, report) for seen in report.seen],
        "requests": report.requests,
        "effects": len(report.effects),
        "findings": list(report.findings),
    }


def _public_call(seen: Seen, report: Report) -> dict[str, Any]:
    return {
        "id": seen.id,
        "outcome": seen.ended,
        "status": seen.status,
        "actions": list(seen.actions),
        "requests": seen.requests,
        "effects": report.effects_of(seen.id),
        "effect": seen.outcome.effect if seen.outcome else None,
        "reason": seen.outcome.reason if seen.outcome else None,
    }
