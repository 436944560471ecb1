"""`healer logs`: the journal's events as lines."""

from __future__ import annotations

import json
import sys
import threading
from typing import Annotated, Final

import typer

from battle_healer.journal.event import Event
from battle_healer_cli.journal.lines import line, public
from battle_healer_cli.journal.opening import NOTHING_YET, opened
from battle_healer_cli.terminal import stderr

app = typer.Typer(add_completion=False)

_LOOK_EVERY_S: Final = 0.2
_PAGE: Final = 1000


@app.command()
def logs(
    correlation_id: Annotated[str | None, typer.Option(help="Of one call; default: all.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many.")] = 100,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what happens next, until Ctrl-C.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """Print the journal's events as lines, and follow them.

    Each has its time, name, correlation id, provider, endpoint and region. It works while calls
    are running, of this process or of others.
    """
    seen = _print_newest(correlation_id, limit, as_json=as_json, follow=follow)
    pause = threading.Event()
    while follow:
        pause.wait(_LOOK_EVERY_S)
        seen = _print_after(seen, correlation_id, as_json=as_json)


def _print_newest(correlation_id: str | None, limit: int, *, as_json: bool, follow: bool) -> int:
    """Print what there is; returns the number of the newest event."""
    with opened() as reader:
        if reader is None:
            if not follow:
                stderr().print(NOTHING_YET)
            return 0
        seen = reader.newest_number()
        found = reader.newest(correlation_id, limit)
    _print([event for _, event in found], as_json=as_json)
    return max([seen, *(number for number, _ in found)])


def _print_after(seen: int, correlation_id: str | None, *, as_json: bool) -> int:
    """Print what came since; returns the number of the newest event."""
    with opened() as reader:
        if reader is None:
            return 0
        if reader.newest_number() < seen:
            seen = 0  # the journal was removed, and begun anew
        found = reader.after(seen, correlation_id, _PAGE)
    _print([event for _, event in found], as_json=as_json)
    return found[-1][0] if found else seen


def _print(events: list[Event], *, as_json: bool) -> None:
    for event in events:
        text = json.dumps(public(event), ensure_ascii=False) if as_json else line(event)
        sys.stdout.write(text + "\n")
    sys.stdout.flush()
