"""`healer episodes list|show`: what happened to calls that needed healing."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from battle_healer.journal.reading import Kept, Reader, Wanted
from battle_healer_cli.complaints import UsageError
from battle_healer_cli.journal.opening import NOTHING_YET, opened
from battle_healer_cli.journal.stories import (
    counts_line,
    public,
    public_story,
    show_story,
    table_of,
)
from battle_healer_cli.journal.times import moment
from battle_healer_cli.terminal import stderr, stdout

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="List the calls that needed healing, or tell the story of one.",
)

Ending = Literal["delivered", "degraded", "queued", "failed", "cancelled", "open"]
AsJson = Annotated[bool, typer.Option("--json", help="One object on stdout.")]


@app.command(name="list")
def list_(  # noqa: PLR0913, PLR0917 -- each is an option that people type
    outcome: Annotated[
        Ending | None, typer.Option(help="How it ended; open: in progress, or cut off.")
    ] = None,
    correlation_id: Annotated[str | None, typer.Option(help="Of the call.")] = None,
    provider: Annotated[str | None, typer.Option(help="The destination's name.")] = None,
    since: Annotated[
        str | None, typer.Option(help="An age as 30m, 24h, 2d, or a time as 2026-03-01T12:00.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The most to list.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List episodes, the newest first.

    An episode is a call that was more than one clean send. Clean sends are counted, not listed.
    """
    after = None if since is None else moment(since, datetime.now(UTC))
    wanted = Wanted(outcome, correlation_id, provider, after)
    with opened() as reader:
        rows = [] if reader is None else reader.episodes(wanted, limit)
        counts = {} if reader is None else reader.counts()
    if as_json:
        told = {"episodes": [public(row) for row in rows], "counts": dict(counts)}
        sys.stdout.write(json.dumps(told) + "\n")
        return
    if rows:
        stdout().print(table_of(rows))
    else:
        stdout().print("no episode is like that" if reader is not None else NOTHING_YET)
    if said := counts_line(counts):
        stderr().print(said, style="dim")


@app.command()
def show(
    episode: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Or part of it; default: the newest.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell the whole story of an episode: each step with its menu, vetoes and reasons.

    What was known when its process was killed is told too.
    """
    with opened() as reader:
        if reader is None and episode is None:
            stdout().print(NOTHING_YET)
            return
        kept = _found(reader, episode)
        events = [] if reader is None else reader.events_of(kept.of.episode)
    if as_json:
        sys.stdout.write(json.dumps(public_story(kept, events)) + "\n")
    else:
        show_story(stdout(), kept, events)


def _found(reader: Reader | None, episode: str | None) -> Kept:
    found = [] if reader is None else reader.episodes(Wanted(id=episode), 2)
    if not found:
        raise UsageError(
            f"no episode is called {(episode or '')[:80]!a}",
            "healer episodes show",
            "`healer episodes list` shows those that are kept.",
        )
    if len(found) > 1 and episode is not None:
        raise UsageError(
            f"{episode[:80]!a} is part of more than one id",
            "healer episodes show",
            "Write more of it.",
        )
    return found[0]
