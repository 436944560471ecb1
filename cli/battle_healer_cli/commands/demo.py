"""`healer demo`: every scenario, live."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

from battle_healer.planners.table import HEURISTIC, find_planner
from battle_healer_cli.exits import Exit
from battle_healer_cli.results import show_detail, show_findings, table_of
from battle_healer_cli.running.mocks import Mocks
from battle_healer_cli.running.models import model_for
from battle_healer_cli.running.playing import play
from battle_healer_cli.running.report import Cell, Report
from battle_healer_cli.terminal import stderr, stdout
from battle_healer_cli.timeline import counted
from battle_healer_scenarios import loader

app = typer.Typer(add_completion=False)

SHOWN = "everything-at-once"
"""The scenario whose steps are shown one by one."""


@app.command()
def demo(
    planner: Annotated[
        str,
        typer.Option(
            help="Who chooses. gemini and auto ask a double unless GEMINI_API_KEY is set."
        ),
    ] = HEURISTIC,
) -> None:
    """See calls survive: every scenario, live, in virtual time.

    Exit 0 if every call ended as its scenario expects, 6 if not.
    """
    find_planner(planner)
    console = stdout()
    console.print(
        "A mock server now fails in every way that it knows, and real HTTP calls are made to it "
        "through a healing client.\nHow each call ends is then compared with what its scenario "
        "expects, and with the server's own ledger of what took effect.\n"
    )
    with _home_of_its_own(), Mocks() as mocks, model_for([planner]) as said:
        if said is not None:
            console.print(f"{said}\n")
        reports = [*_played(mocks, planner)]
    _show(reports, console)
    if any(report.findings for report in reports):
        raise typer.Exit(Exit.FINDINGS)


def _played(mocks: Mocks, planner: str) -> Iterator[Report]:
    scenarios = loader.load_all()
    for number, scenario in enumerate(scenarios, 1):
        _say(f"{number:2}/{len(scenarios)} {scenario.title}")
        yield play(scenario, mocks.url_for(scenario), Cell(planner))


def _say(line: str) -> None:
    stderr().print(line, style="dim", no_wrap=True, overflow="ellipsis")


def _show(reports: list[Report], console: Console) -> None:
    console.print()
    for report in reports:
        if report.scenario.name == SHOWN:
            show_detail(console, report)
    console.print()
    console.print(table_of(reports, console.width))
    seconds = sum(report.seconds for report in reports)
    calls = counted(sum(len(report.seen) for report in reports), "call")
    requests = counted(sum(report.requests for report in reports), "request")
    scenarios = counted(len(reports), "scenario")
    console.print(f"\n{scenarios}, {calls}, {requests} in {seconds:.1f} s; waits took virtual time")
    show_findings(console, reports)
    if not any(report.findings for report in reports):
        console.print(
            "every call ended as expected; one more look: healer scenarios run everything-at-once",
            style="green",
        )


@contextmanager
def _home_of_its_own() -> Iterator[None]:
    """A temporary HEALER_HOME, so that the demo leaves nothing behind."""
    before = os.environ.get("HEALER_HOME")
    with tempfile.TemporaryDirectory(prefix="healer-demo-") as folder:
        os.environ["HEALER_HOME"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["HEALER_HOME"]
            else:
                os.environ["HEALER_HOME"] = before
