"""`healer actions`: the actions table."""

from __future__ import annotations

import typer

from battle_healer.actions.table import ACTIONS
from battle_healer_cli.terminal import columns, stdout

app = typer.Typer(add_completion=False)


@app.command()
def actions() -> None:
    """List the actions by which a call is healed.

    Each proposes complete plans; guardrails drop those that break an invariant, and a planner
    chooses among the rest. `healer explain NAME` tells more.
    """
    table = columns("action", "what it does", "a plan exists when")
    for action in ACTIONS:
        table.add_row(action.name, action.does, action.when)
    stdout().print(table)
