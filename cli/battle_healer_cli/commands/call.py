"""`healer call METHOD URL`: one HTTP call, healed."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated

import httpx2
import typer

from battle_healer import CallQueued, HealingClient, outcome_of
from battle_healer.clients.surroundings import Surroundings
from battle_healer.journal.place import in_home
from battle_healer.model import Outcome
from battle_healer.planners.cascade import Cascade
from battle_healer.planners.gemini.planner import Gemini
from battle_healer.planners.planner import Planner
from battle_healer.planners.table import find_planner
from battle_healer.settings import load_settings
from battle_healer_cli.addresses import is_loopback
from battle_healer_cli.calling.preview import preview
from battle_healer_cli.calling.ruling import Ruling, ruling
from battle_healer_cli.calling.showing import public, write_body
from battle_healer_cli.calling.wanted import WHERE, Typed, Wanted
from battle_healer_cli.complaints import UsageError
from battle_healer_cli.exits import BY_OUTCOME
from battle_healer_cli.queueing.parking import ParkingPlace
from battle_healer_cli.running.models import WARM_S
from battle_healer_cli.terminal import stderr, stdout
from battle_healer_cli.timeline import Live
from battle_healer_mock.faults.table import NAMES

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Ended:
    """How the call ended. status, body: of the answer, None where none came."""

    outcome: Outcome
    status: int | None = None
    body: bytes | None = None


@app.command()
def call(  # noqa: PLR0913, PLR0917 - each is an option that people type
    method: Annotated[str, typer.Argument(metavar="METHOD", help="GET, POST, ...")],
    url: Annotated[
        str, typer.Argument(metavar="URL", help="Or NAME:/path for a destination of the policy.")
    ],
    header: Annotated[
        list[str] | None, typer.Option("--header", "-H", help="'Name: value'; may be repeated.")
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", "-d", help="The body: text, @FILE, or @- for stdin.")
    ] = None,
    json_body: Annotated[
        str | None, typer.Option("--json-body", help="The same, checked, and sent as JSON.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="Idempotency-Key, which makes a resend safe.")
    ] = None,
    simulate: Annotated[
        str | None,
        typer.Option(
            "--simulate",
            help=f"Faults that a mock server shall show, such as quota,flaky=0.3. "
            f"All: {', '.join(NAMES)}.",
        ),
    ] = None,
    planner: Annotated[
        str | None, typer.Option("--planner", help="Who chooses; default: the policy's.")
    ] = None,
    deadline: Annotated[
        float | None,
        typer.Option("--deadline", min=0.001, max=3600, help="Seconds for the whole call."),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option("--policy", help="Default: HEALER_POLICY, else ./healer.yaml, else none."),
    ] = None,
    queue: Annotated[
        str | None,
        typer.Option(
            "--queue",
            metavar="URL",
            help="Where to park what cannot be healed now, if the policy says so; "
            "default: HEALER_QUEUE, else queue.db in HEALER_HOME.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent and possible; send nothing.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show menu, vetoes and reasons of each step.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One object on stdout instead of the body.")
    ] = False,
) -> None:
    """Make one HTTP call and heal it.

    The body goes to stdout, what is done on the way to stderr. The exit code tells the outcome:
    0 delivered, 3 degraded, 4 queued, 5 failed.
    """
    typed = Typed(method, url, tuple(header or ()), data, json_body, key, simulate)
    wanted = typed.checked()
    ruled = ruling(wanted, policy, simulate)
    if ruled.said is not None:
        stderr().print(ruled.said, style="dim")
    live = Live(stderr(), explain=explain)
    with (
        closing(ParkingPlace(queue)) as place,
        _client(wanted, ruled, _chooser(planner), live, place) as client,
    ):
        request = _request(client, wanted, deadline)
        if dry_run:
            for part in preview(request, client.healing):
                stdout().print(part)
            return
        ended = _ended(client, request)
        client.healing.journal.flush()  # so that whoever asks next finds it there
    _show(ended, live, as_json=as_json)
    raise typer.Exit(BY_OUTCOME[ended.outcome.kind.value])


def _chooser(planner: str | None) -> str | None:
    """The planner's name, checked; None for the policy's."""
    name = planner or load_settings().planner
    if name is not None:
        _warm(find_planner(name))
    return name


def _warm(planner: Planner | None) -> None:
    """Load a model's library before the call, since one call has no time for it later."""
    model = planner.model if isinstance(planner, Cascade) else planner
    if isinstance(model, Gemini):
        model.warm(WARM_S)


def _client(
    wanted: Wanted, ruled: Ruling, planner: str | None, live: Live, place: ParkingPlace
) -> HealingClient:
    return HealingClient(
        policy=ruled.rules,
        queue=place,
        planner=planner,
        on_event=live.told,
        surroundings=Surroundings(journal=in_home),
        # The deadline of the call is what bounds it, as with curl.
        timeout=None,
        trust_env=not is_loopback(wanted.url),
    )


def _request(client: HealingClient, wanted: Wanted, deadline: float | None) -> httpx2.Request:
    extensions = {"healer": {"deadline_s": deadline}} if deadline is not None else None
    try:
        return client.build_request(
            wanted.method,
            wanted.url,
            content=wanted.body,
            headers=[*wanted.headers],
            extensions=extensions,
        )
    except httpx2.InvalidURL as error:
        raise UsageError(f"no URL: {error}", WHERE, "Write https://host/path") from error


def _ended(client: HealingClient, request: httpx2.Request) -> Ended:
    try:
        reply = client.send(request)
    except (httpx2.HTTPError, CallQueued) as error:
        outcome = outcome_of(error)
        return Ended(outcome, outcome.status)
    return Ended(outcome_of(reply), reply.status_code, reply.content)


def _show(ended: Ended, live: Live, *, as_json: bool) -> None:
    note: str | None = None
    if as_json:
        told = public(ended.outcome, ended.status, ended.body)
        sys.stdout.write(json.dumps(told) + "\n")
    elif ended.body is not None:
        note = write_body(ended.body)
    live.end(ended.outcome)
    if note is not None:
        stderr().print(note, style="dim")
