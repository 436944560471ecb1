"""`healer verdict`: what a mock server thinks of the client that it has seen."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from battle_healer_cli.addresses import checked_url
from battle_healer_cli.complaints import UsageError
from battle_healer_cli.exits import Exit
from battle_healer_cli.running.control import Control
from battle_healer_cli.terminal import stdout
from battle_healer_cli.verdicts import junit, lines_of, read_verdict, table_of

app = typer.Typer()


@app.command()
def verdict(
    url: Annotated[str, typer.Option(help="Of the mock server.")] = "http://127.0.0.1:8001",
    wait: Annotated[
        float, typer.Option(min=0, max=60, help="Seconds to wait for exchanges that still run.")
    ] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout.")] = False,
    junit_file: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML as well.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are findings too.")] = False,
) -> None:
    """Judge the client that a mock server has seen.

    It ends the traffic first. Exit 6 on critical and major findings, or when the server has lost
    rows and cannot tell; with --strict on minor findings too. docs/verdict.md explains each.
    """
    with Control(checked_url(url, "--url")) as control:
        answer = control.close_traffic(wait)
    judged = read_verdict(answer, control.url)
    if junit_file is not None:
        _write(junit_file, junit(judged, strict=strict))
    if as_json:
        sys.stdout.write(json.dumps(answer) + "\n")
    else:
        if judged.findings:
            stdout().print(table_of(judged))
        for line in lines_of(judged):
            stdout().print(line)
    if judged.grade in {"fail", "unknown"} or (strict and judged.grade == "warn"):
        raise typer.Exit(Exit.FINDINGS)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        said = (error.strerror or "it cannot be written").lower()
        raise UsageError(said, str(path), "Name a file in a folder that can be written.") from error
