"""`healer faults`: the fault table."""

from __future__ import annotations

import typer

from battle_healer_cli.terminal import columns, stdout
from battle_healer_mock.faults.table import FAULTS

app = typer.Typer(add_completion=False)


@app.command()
def faults() -> None:
    """List the faults that the mock server can show.

    Write them in `X-Simulate-Failure`, `?simulate=` or `healer call --simulate`, joined by
    commas: `region_down@us,flaky=0.3,latency=100ms`. `healer explain NAME` tells more.
    """
    table = columns("fault", "symptom", "effect", "cure")
    for fault in FAULTS:
        table.add_row(fault.name, fault.symptom, fault.effect, fault.cure)
    stdout().print(table)
