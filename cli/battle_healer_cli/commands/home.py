"""`healer home`: what is kept on disk."""

from __future__ import annotations

from typing import Annotated

import typer

from battle_healer import home as state
from battle_healer_cli.terminal import columns, stdout

app = typer.Typer(add_completion=False)


@app.command()
def home(
    clear: Annotated[bool, typer.Option("--clear", help="Remove what is kept there.")] = False,
) -> None:
    """Show where state is kept, or remove it.

    The folder is `HEALER_HOME`, or the platform's own folder for application data.
    """
    console = stdout()
    console.print(state.home_path())
    if clear:
        for file in state.clear():
            console.print("removed", file.name)
        return
    rows = state.describe()
    table = columns("file", "bytes")
    for file, size in rows:
        table.add_row(file.name, str(size))
    console.print(table if rows else "nothing is kept there")
