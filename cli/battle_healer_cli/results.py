"""How reports are shown: a table of runs, the calls of one run, and the same as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from battle_healer.model import Step
from battle_healer_cli.running.report import Report, Seen
from battle_healer_cli.terminal import columns
from battle_healer_cli.timeline import counted, outcome_line, question, show_step

_FINDINGS: Final = 10
_WIDE: Final = 110  # columns; below, a column for the actions would squeeze the others
_OUTCOME: Final = 12  # columns, for `10 delivered`


def table_of(reports: list[Report], width: int) -> Table:
    """One row a run: scenario, outcome, actions, requests, effects, and whether all is well.

    width: of the console, in columns. Where it is small the actions stand below the scenario.
    """
    is_wide = width >= _WIDE
    table = _wide_columns() if is_wide else _narrow_columns()
    for report in reports:
        table.add_row(
            *(_wide_begin(report) if is_wide else _narrow_begin(report)),
            str(report.requests),
            str(len(report.effects)),
            Text("no", "red") if report.findings else Text("yes", "green"),
        )
    return table


def _wide_begin(report: Report) -> tuple[str | Text, ...]:
    return report.scenario.name, _outcomes(report), _actions(report)


def _narrow_begin(report: Report) -> tuple[str | Text, ...]:
    name = Text.assemble(report.scenario.name, "\n", (_actions(report), "dim"))
    return name, _outcomes(report)


def _wide_columns() -> Table:
    table = columns("scenario", "outcome", "actions", "requests", "effects", "ok")
    name, outcome, _, *rest = table.columns
    return _kept_whole(table, [name, outcome, *rest])


def _narrow_columns() -> Table:
    table = columns("scenario", "outcome", "requests", "effects", "ok")
    _, outcome, *rest = table.columns
    outcome.width = _OUTCOME  # Rich would share out evenly what the numbers leave
    return _kept_whole(table, rest)


def _kept_whole(table: Table, kept: list[Column]) -> Table:
    """Never fold these columns, the last three of which are two numbers and a verdict."""
    for column in kept:
        column.no_wrap = True
    for number in kept[-3:-1]:
        number.justify = "right"
    return table


def _outcomes(report: Report) -> Text:
    ends = Counter(seen.ended for seen in report.seen)
    parts = [_times(word, n) for word, n in ends.items()]
    style = f"outcome.{next(iter(ends))}" if len(ends) == 1 else ""
    return Text(", ".join(parts), style)


def _actions(report: Report) -> str:
    """The one course that all calls took, or how often each action was taken."""
    courses = {seen.actions for seen in report.seen}
    if len(courses) == 1:
        course = " → ".join(courses.pop()) or "none"
        return course if len(report.seen) == 1 else f"each: {course}"
    taken = Counter(action for seen in report.seen for action in seen.actions)
    return ", ".join(_times(action, n) for action, n in taken.items())


def _times(word: str, n: int) -> str:
    return word if n == 1 else f"{n} {word}"


def show_detail(console: Console, report: Report) -> None:
    """Print the calls of a run, step by step, then what differed from what was expected."""
    console.print(f"{report.scenario.name}: {report.scenario.title}", style="bold")
    console.print(f"played with {report.cell}", style="dim")
    for seen in report.seen:
        _show_course(console, seen)
    effects = counted(len(report.effects), "effect")
    console.print(f"{counted(report.requests, 'request')}, {effects} in the ledger")
    show_findings(console, [report])
    if not report.findings:
        console.print("as expected", style="green")


def show_findings(console: Console, reports: Iterable[Report]) -> None:
    """Print what differed, at most a few lines a run."""
    for report in reports:
        for found in report.findings[:_FINDINGS]:
            console.print(f"differs: {report.scenario.name}: {found}", style="red")
        if len(report.findings) > _FINDINGS:
            more = len(report.findings) - _FINDINGS
            console.print(f"differs: {report.scenario.name}: and {more} more", style="red")


def _show_course(console: Console, seen: Seen) -> None:
    if seen.outcome is None:
        console.print(f"{seen.id}: skipped, since the call before it was not delivered")
        return
    console.print(Text.assemble((f"{seen.id}  ", "bold"), outcome_line(seen.outcome)))
    for step in seen.outcome.steps:
        show_step(console, step)
        _show_question(console, step)


def _show_question(console: Console, step: Step) -> None:
    """Show what a model was asked: facts, menu, probabilities, and our words for why."""
    for line in question(step):
        console.print(Padding(Text(line, "dim"), (0, 0, 0, 6), expand=False))


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
