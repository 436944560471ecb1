"""`healer queue ...`: look at the durable queue, decide about entries, and run a worker."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.progress import track

from battle_healer.journal.place import in_home
from battle_healer_cli.complaints import UsageError
from battle_healer_cli.queueing.bodies import new_body
from battle_healer_cli.queueing.choosing import Choice
from battle_healer_cli.queueing.policies import Policies
from battle_healer_cli.queueing.showing import (
    counted_entries,
    stats_lines,
    story_lines,
    table_of,
    waiting_lines,
)
from battle_healer_cli.queueing.working import client_for, limit_of, stopped_by_signals, teller
from battle_healer_cli.terminal import stderr, stdout
from battle_healer_replay import open_queue
from battle_healer_replay.editing import with_body
from battle_healer_replay.entry import Entry
from battle_healer_replay.moving import line_of, story_of
from battle_healer_replay.operations.pauses import Pause, Resume, Scope
from battle_healer_replay.public import public_entry, public_stats, public_story
from battle_healer_replay.redriving import redriven
from battle_healer_replay.worker import Options, Worker, journalled, to_all

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Look at what is parked, decide about it, and run a worker.",
)

Where = Annotated[
    str | None,
    typer.Option(
        "--queue", metavar="URL", help="sqlite:PATH or postgresql://...; default: HEALER_QUEUE."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Plain data on stdout.")]
Ids = Annotated[list[str], typer.Argument(metavar="ENTRY...")]
By = Annotated[str | None, typer.Option("--by", help="Who does it; default: your login name.")]
Why = Annotated[str, typer.Option("--why", help="Kept in the entry's story.")]
StateOption = Annotated[
    Literal["queued", "running", "succeeded", "dead", "cancelled"] | None, typer.Option("--state")
]
ReasonOption = Annotated[
    Literal["ambiguous", "unverified", "refused", "failures", "expired"] | None,
    typer.Option("--reason", help="Of dead ones."),
]
Tenant = Annotated[str | None, typer.Option("--tenant")]
InQueue = Annotated[
    str | None, typer.Option("--in", metavar="NAME", help="Of the policy's queues.")
]
Destination = Annotated[str | None, typer.Option("--destination")]
Correlation = Annotated[str | None, typer.Option("--correlation-id")]
Since = Annotated[
    str | None, typer.Option("--since", help="Parked at most so long ago: 90s, 15m, 24h, 7d.")
]


@app.command(name="list")
def list_(  # noqa: PLR0913, PLR0917 - each is an option that people type
    where: Where = None,
    state: StateOption = None,
    reason: ReasonOption = None,
    tenant: Tenant = None,
    queue: InQueue = None,
    destination: Destination = None,
    correlation_id: Correlation = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    after: Annotated[str, typer.Option(help="Go on after this entry.")] = "",
    as_json: AsJson = False,
) -> None:
    """List entries, the oldest first."""
    choice = Choice(state, reason, tenant, queue, destination, correlation_id, since)
    with open_queue(where) as opened:
        now_ms = opened.now_ms()
        page = opened.page(choice.filter(now_ms), after=after, limit=limit)
    if as_json:
        _print_json({"entries": [public_entry(entry) for entry in page]})
        return
    stdout().print(table_of(page, now_ms))
    if len(page) == limit:
        stderr().print(f"more: --after {page[-1].id}", style="dim")


@app.command()
def show(
    entry: Annotated[str, typer.Argument(metavar="ENTRY")],
    where: Where = None,
    as_json: AsJson = False,
) -> None:
    """Tell the whole story of one entry."""
    with open_queue(where) as opened:
        story, now_ms = opened.story(entry), opened.now_ms()
    if as_json:
        _print_json(public_story(story))
        return
    for line in story_lines(story, now_ms):
        stdout().print(line)


@app.command()
def stats(where: Where = None, as_json: AsJson = False) -> None:
    """Show how much is queued, runs, is dead, and how old the oldest is."""
    with open_queue(where) as opened:
        figures, now_ms = opened.stats(), opened.now_ms()
    if as_json:
        _print_json(public_stats(figures))
        return
    for line in stats_lines(figures, now_ms):
        stdout().print(line)


@app.command()
def replay(  # noqa: PLR0913, PLR0917 - each is an option that people type
    entries: Ids,
    send_again: Annotated[
        bool, typer.Option("--send-again", help="You say that it took no effect.")
    ] = False,
    by: By = None,
    why: Why = "by hand",
    where: Where = None,
    as_json: AsJson = False,
) -> None:
    """Send dead entries again. One in doubt needs your word that it took no effect."""
    with open_queue(where) as opened:
        _each(
            entries,
            lambda name: opened.redrive(name, who=_who(by), why=why, send_again=send_again),
            as_json=as_json,
        )


@app.command()
def settle(
    entries: Ids,
    by: By = None,
    why: Why = "by hand",
    where: Where = None,
    as_json: AsJson = False,
) -> None:
    """Say that entries in doubt took effect: they have succeeded."""
    with open_queue(where) as opened:
        _each(entries, lambda name: opened.settle(name, who=_who(by), why=why), as_json=as_json)


@app.command()
def cancel(
    entries: Ids,
    by: By = None,
    why: Why = "by hand",
    where: Where = None,
    as_json: AsJson = False,
) -> None:
    """Cancel entries; one that runs is asked to end before it is sent."""
    with open_queue(where) as opened:
        _each(entries, lambda name: opened.cancel(name, who=_who(by), why=why), as_json=as_json)


@app.command()
def edit(  # noqa: PLR0913, PLR0917 - each is an option that people type
    entry: Annotated[str, typer.Argument(metavar="ENTRY")],
    json_body: Annotated[
        str | None, typer.Option("--json-body", help="The new body: JSON as text.")
    ] = None,
    body_file: Annotated[
        Path | None, typer.Option("--body-file", help="The new body: a file's bytes as they are.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="A new Idempotency-Key; needed if there was one.")
    ] = None,
    by: By = None,
    why: Why = "by hand",
    where: Where = None,
    as_json: AsJson = False,
) -> None:
    """Give a dead entry another body. It is sent when you replay it."""
    body = new_body(json_body, body_file)
    with open_queue(where) as opened:
        payload = with_body(opened.story(entry).payloads[-1], body, key)
        _each(
            [entry],
            lambda name: opened.edit(name, payload, who=_who(by), why=why),
            as_json=as_json,
        )


@app.command()
def redrive(  # noqa: PLR0913, PLR0917 - each is an option that people type
    reason: ReasonOption = None,
    tenant: Tenant = None,
    queue: InQueue = None,
    destination: Destination = None,
    correlation_id: Correlation = None,
    since: Since = None,
    per_s: Annotated[
        float, typer.Option("--per-s", min=0.001, help="How fast they fall due.")
    ] = 10.0,
    by: By = None,
    why: Why = "redrive",
    where: Where = None,
    as_json: AsJson = False,
) -> None:
    """Send all dead entries again that are not in doubt, at a rate that the API can bear."""
    choice = Choice("dead", reason, tenant, queue, destination, correlation_id, since)
    with open_queue(where) as opened:
        wanted = choice.filter(opened.now_ms())
        again = redriven(opened, wanted, who=_who(by), why=why, per_s=per_s)
        names = [entry.id for entry in _progress(again, "redrive")]
    if as_json:
        _print_json({"redriven": len(names), "entries": names})
    stderr().print(f"{counted_entries(len(names))} queued again")


@app.command()
def pause(  # noqa: PLR0913, PLR0917 - each is an option that people type
    scope: Annotated[Scope, typer.Argument(metavar="queue|tenant|destination")],
    name: Annotated[str, typer.Argument(metavar="NAME")],
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0.01, help="It ends by itself after that.")
    ] = None,
    by: By = None,
    why: Why = "by hand",
    where: Where = None,
) -> None:
    """Let nothing of a queue, tenant or destination be sent until it is resumed."""
    with open_queue(where) as opened:
        for_s = None if minutes is None else minutes * 60
        opened.pause(Pause(scope, name, _who(by), why, for_s))


@app.command()
def resume(
    scope: Annotated[Scope, typer.Argument(metavar="queue|tenant|destination")],
    name: Annotated[str, typer.Argument(metavar="NAME")],
    by: By = None,
    why: Why = "by hand",
    where: Where = None,
) -> None:
    """End a pause."""
    with open_queue(where) as opened:
        if not opened.resume(Resume(scope, name, _who(by), why)):
            raise UsageError(
                f"{scope} {name[:80]!r} is not paused",
                "healer queue resume",
                "`healer queue stats` shows what is.",
            )


@app.command()
def worker(  # noqa: PLR0913, PLR0917 - each is an option that people type
    where: Where = None,
    policy: Annotated[
        str | None,
        typer.Option("--policy", help="Default: HEALER_POLICY, else ./healer.yaml, else none."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Stable over restarts; default: this machine's, and a slot.")
    ] = None,
    at_once: Annotated[int, typer.Option(min=1, max=1000, help="Entries in hand.")] = 16,
    per_destination: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Entries in hand for one; default: as the policy says."),
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.001, help="Starts a second for one; default: as above.")
    ] = None,
    lease: Annotated[
        float | None, typer.Option(min=1, max=3600, help="Seconds; default: as the policy says.")
    ] = None,
    until_empty: Annotated[
        bool, typer.Option("--until-empty", help="End when nothing is due any more.")
    ] = False,
) -> None:
    """Deliver what is queued, through the healing agent, until Ctrl-C."""
    policies = Policies(policy)
    limit = limit_of(per_destination, rate)
    options = Options(name, at_once, lease, limit=limit, queues=policies.rules.queues)
    console = stderr()
    tell = to_all(teller(console), journalled(policies.rules, in_home))
    with open_queue(where) as opened:
        running = Worker(opened, policies, options=options, on_event=tell, connect=client_for)
        with stopped_by_signals(running, console):
            console.print(f"working on {opened.name} under {policies.source}", style="dim")
            running.run(until_empty=until_empty)
        if until_empty:
            for line in waiting_lines(opened):
                console.print(line, style="dim")


@app.command()
def migrate(where: Where = None) -> None:
    """Bring the tables to the version of this program; going back is not possible."""
    with open_queue(where) as opened:
        before, now = opened.versions
        told = (
            f"was brought from version {before} to {now}" if before != now else f"has version {now}"
        )
        stdout().print(f"{opened.name} {told}")


@app.command()
def export(  # noqa: PLR0913, PLR0917 - each is an option that people type
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    state: StateOption = None,
    reason: ReasonOption = None,
    tenant: Tenant = None,
    queue: InQueue = None,
    destination: Destination = None,
    correlation_id: Correlation = None,
    since: Since = None,
    where: Where = None,
    as_json: AsJson = False,
) -> None:
    """Write entries with their stories as lines of JSON. They hold no secrets."""
    choice = Choice(state, reason, tenant, queue, destination, correlation_id, since)
    with open_queue(where) as opened, _opened(file, "x") as out:
        n = 0
        for entry in opened.entries(choice.filter(opened.now_ms())):
            out.write(line_of(opened.story(entry.id)) + "\n")
            n += 1
    if as_json:
        _print_json({"written": n, "file": str(file)})
    stderr().print(f"{counted_entries(n)} written to {file}")


@app.command(name="import")
def import_(  # noqa: PLR0913, PLR0917 - each is an option that people type
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    state: StateOption = None,
    reason: ReasonOption = None,
    tenant: Tenant = None,
    queue: InQueue = None,
    destination: Destination = None,
    correlation_id: Correlation = None,
    since: Since = None,
    where: Where = None,
    as_json: AsJson = False,
) -> None:
    """Read entries that `export` has written; those that are there already are left alone."""
    choice = Choice(state, reason, tenant, queue, destination, correlation_id, since)
    with open_queue(where) as opened, _opened(file, "r") as lines:
        wanted = choice.filter(opened.now_ms())
        read = [story_of(line, f"{file}:{i}") for i, line in enumerate(lines, 1)]
        stories = [story for story in read if wanted.takes(story.entry)]
        new = sum(opened.load(story) for story in _progress(stories, "import"))
    if as_json:
        _print_json({"read": len(stories), "new": new})
    stderr().print(f"{new} of {counted_entries(len(stories))} new")


def _each(names: Iterable[str], do: Callable[[str], Entry], *, as_json: bool) -> None:
    """Decide about each, and tell at once; in JSON, one entry a line."""
    for name in names:
        entry = do(name)
        if as_json:
            _print_json(public_entry(entry))
        else:
            stdout().print(f"{entry.id} {entry.state}")


def _progress(items: Iterable[Any], what: str) -> Iterator[Any]:
    console = stderr()
    yield from track(items, what, console=console, disable=not console.is_terminal)


def _opened(path: Path, mode: str) -> Any:
    try:
        return path.open(mode, encoding="utf-8")
    except OSError as error:
        said = (error.strerror or "it cannot be used").lower()
        fix = "Name a file that does not exist yet." if mode == "x" else "Name a file that exists."
        raise UsageError(said, str(path), fix) from error


def _who(by: str | None) -> str:
    return by or getpass.getuser()


def _print_json(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
