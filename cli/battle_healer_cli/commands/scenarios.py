"""`healer scenarios list|show|run|matrix`."""

from __future__ import annotations

import json
import sys
from itertools import product
from typing import Annotated, Literal, get_args

import typer

from battle_healer.planners.table import BY_NAME, find_planner
from battle_healer_cli.exits import Exit
from battle_healer_cli.results import public, show_detail
from battle_healer_cli.running.mocks import Mocks
from battle_healer_cli.running.models import model_for
from battle_healer_cli.running.playing import play
from battle_healer_cli.running.report import Cell, Client, Report
from battle_healer_cli.terminal import columns, stderr, stdout
from battle_healer_scenarios import loader
from battle_healer_scenarios.scenario import Scenario, Variant

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="List, show and run scenarios, alone or as a matrix.",
)

Method = Literal["as-written", "get", "keyed", "unkeyed"]
Planner = Annotated[str, typer.Option(help=f"{', '.join(BY_NAME)}, or one of your own.")]
Url = Annotated[
    str | None, typer.Option(help="A running mock server, which is reset; else one is made.")
]


@app.command(name="list")
def list_() -> None:
    """List the scenarios that come with the package."""
    table = columns("scenario", "calls", "what it shows")
    for scenario in loader.load_all():
        table.add_row(scenario.name, str(_calls(scenario)), scenario.title)
    stdout().print(table)


@app.command()
def show(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Print a scenario file: it reads like documentation, and is a start for your own."""
    sys.stdout.write(loader.text(name))


@app.command()
def run(  # noqa: PLR0913, PLR0917 - each is an option that people type
    name: Annotated[str, typer.Argument(metavar="NAME|FILE")],
    planner: Planner = "heuristic",
    client: Annotated[Client, typer.Option(help="Which kind of client makes the calls.")] = "async",
    method: Annotated[
        Method, typer.Option(help="GET, POST with a key or POST without, or as written.")
    ] = "as-written",
    url: Url = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout.")] = False,
) -> None:
    """Play one scenario and compare what came of it with what it expects.

    Exit 0 if everything is as expected, 6 if not.
    """
    find_planner(planner)
    scenario = loader.load(name)
    with Mocks(url) as mocks, model_for([planner]) as said:
        _say(said)
        report = play(scenario, mocks.url_for(scenario), Cell(planner, client, _variant(method)))
    if as_json:
        sys.stdout.write(json.dumps(public(report)) + "\n")
    else:
        show_detail(stdout(), report)
    if report.findings:
        raise typer.Exit(Exit.FINDINGS)


@app.command()
def matrix(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME|FILE]...")] = None,
    planner: Annotated[list[str] | None, typer.Option(help="May be given more than once.")] = None,
    url: Url = None,
) -> None:
    """Play scenarios with every planner, client and method.

    The methods are GET, POST with a key and POST without. Planners that are not meant to be good
    (`evil`, `scripted`) are judged by the harm that they do: there must be none. Exit 6 on
    findings.
    """
    planners = planner or ["heuristic", "scripted", "evil"]
    for one in planners:
        find_planner(one)
    scenarios = [loader.load(name) for name in names] if names else [*loader.load_all()]
    cells = [Cell(*made) for made in product(planners, get_args(Client), get_args(Variant))]
    findings: list[str] = []
    table = columns("scenario", *planners)
    with Mocks(url) as mocks, model_for(planners) as said:
        _say(said)
        for scenario in scenarios:
            stderr().print(f"{scenario.name}: {len(cells)} cells")
            reports = [play(scenario, mocks.url_for(scenario), cell) for cell in cells]
            table.add_row(scenario.name, *(_share(reports, one) for one in planners))
            findings += _told(reports)
    stdout().print(table)
    for line in findings:
        stdout().print(line)
    if findings:
        raise typer.Exit(Exit.FINDINGS)


def _say(line: str | None) -> None:
    if line is not None:
        stderr().print(line, style="dim")


def _share(reports: list[Report], planner: str) -> str:
    mine = [report for report in reports if report.cell.planner == planner]
    return f"{sum(not report.findings for report in mine)}/{len(mine)}"


def _told(reports: list[Report]) -> list[str]:
    return [f"{r.scenario.name} ({r.cell}): {found}" for r in reports for found in r.findings]


def _variant(method: Method) -> Variant | None:
    return None if method == "as-written" else method


def _calls(scenario: Scenario) -> int:
    return sum(entry.count or 1 for entry in scenario.calls)
