"""`healer policy check|show`: whether a policy can be used, and what it means."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from battle_healer.policy import Policy, find_policy, problems
from battle_healer.policy import show as shown
from battle_healer_cli.complaints import UsageError
from battle_healer_cli.exits import Exit
from battle_healer_scenarios import mock_policy_text

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Check a policy, or show what it means."
)
File = Annotated[
    str | None,
    typer.Argument(metavar="[FILE]", help="Default: HEALER_POLICY, else ./healer.yaml."),
]


@app.command()
def check(file: File = None) -> None:
    """Read a policy and tell everything that is wrong with it, line by line.

    Exit 0 if it can be used, 6 if not.
    """
    path = _path(file)
    found = problems(path)
    for problem in found:
        sys.stdout.write(f"{problem.where}: {problem.what}.\n  {problem.fix}\n")
    if found:
        raise typer.Exit(Exit.FINDINGS)
    rules = Policy.load(path).rules
    names = ", ".join(destination.name for destination in rules.destinations) or "none"
    sys.stdout.write(f"{path}: fine; destinations: {names}\n")


@app.command()
def show(
    file: File = None,
    mock: Annotated[bool, typer.Option("--mock", help="The mock server's own policy.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="The JSON Schema, for editors.")] = False,
) -> None:
    """Show the policy as it is understood: defaults filled in, secrets as references."""
    if schema:
        sys.stdout.write(json.dumps(Policy.schema(), indent=2) + "\n")
        return
    if mock:
        policy = Policy.parse(mock_policy_text(), "mock.yaml", base="http://127.0.0.1:8001")
    else:
        policy = Policy.load(_path(file))
    sys.stdout.write(shown(policy))


def _path(file: str | None) -> Path:
    path = find_policy(file)
    if path is None:
        raise UsageError(
            "there is no policy", "healer policy", "Name a file, or write one: healer init URL"
        )
    return path
