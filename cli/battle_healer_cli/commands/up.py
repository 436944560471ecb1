"""`healer up`: a mock server, the queue's API and a worker, on one port."""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing
from typing import Annotated, Any, Final

import typer

from battle_healer.journal.place import in_home
from battle_healer_cli.queueing.policies import Policies
from battle_healer_cli.queueing.working import Idle, client_for, stopped_by_signals, teller
from battle_healer_cli.terminal import stderr
from battle_healer_console.app import build, mounted
from battle_healer_console.desk import Desk
from battle_healer_console.guard import refuse_open_host
from battle_healer_mock.server import MockServer, Options
from battle_healer_replay import Queue, open_queue
from battle_healer_replay.worker import Options as WorkerOptions
from battle_healer_replay.worker import Worker, journalled, to_all
from battle_healer_scenarios import loader

app = typer.Typer(add_completion=False)

_NO_WORKER: Final = "DISABLE_QUEUE_WORKER"
_NO: Final = frozenset({"", "0", "false", "no", "off"})


@app.command()
def up(  # noqa: PLR0913, PLR0917 - each is an option that people type
    host: Annotated[str, typer.Option(help="Address to listen at: of this machine.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    queue: Annotated[
        str | None,
        typer.Option(metavar="URL", help="sqlite:PATH or postgresql://...; default: HEALER_QUEUE."),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option("--policy", help="Default: HEALER_POLICY, else ./healer.yaml, else none."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Of the worker; default: this machine's, and a slot.")
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="Faults, seed and regions to start with."),
    ] = None,
    seed: Annotated[
        str, typer.Option(help="All chance of the mock server follows from it.")
    ] = "42",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print exactly one line when ready.")
    ] = False,
) -> None:
    """Run a mock server, the queue's API and a worker on one port.

    It ends at Ctrl-C, after what is in hand. Calls to the mock server are delivered under its own
    policy, all others under yours. With DISABLE_QUEUE_WORKER=1 nothing is delivered: the queue
    takes in and shows.
    """
    refuse_open_host(host)
    body = None if scenario is None else loader.load(scenario).for_control()
    policies = Policies(policy)
    with open_queue(queue) as opened, closing(Desk(opened)) as desk:
        api = build(desk, policies.declaring)
        options = Options(host, port, seed, scenario=body)
        server = MockServer(options, around=lambda mock: mounted(api, mock))
        token = server.issue_token()
        working = _worker(opened, policies, name)
        with server:
            policies.mock_url = server.url
            facts = {
                "ready": True,
                "url": server.url,
                "port": server.port,
                "token": token,
                "queue": opened.name,
                "worker": isinstance(working, Worker),
            }
            _say([json.dumps(facts)] if as_json else _banner(facts, policies.source))
            with stopped_by_signals(working, stderr()):
                # While it ends, the mock server still answers what is in hand.
                working.run()


def _worker(queue: Queue, policies: Policies, name: str | None) -> Worker | Idle:
    if os.environ.get(_NO_WORKER, "").lower() not in _NO:
        return Idle()
    return Worker(
        queue,
        policies,
        options=WorkerOptions(name, queues=policies.rules.queues),
        on_event=to_all(teller(stderr()), journalled(policies.rules, in_home)),
        connect=client_for,
    )


def _say(lines: list[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _banner(facts: dict[str, Any], policy: str) -> list[str]:
    url, kind = facts["url"], "-H 'Content-Type: application/json'"
    works = "works" if facts["worker"] else f"is switched off ({_NO_WORKER})"
    failed = json.dumps(
        {
            "request_id": "r1", "endpoint": "charge", "method": "POST",
            "url": f"{url}/external-api", "body": {"transactionId": "t1", "amount": 15},
            "error_status": 503, "idempotency_key": "k1",
        }
    )  # fmt: skip
    return [
        f"mock server and queue at {url}   (docs: {url}/docs, Ctrl-C ends it)",
        f"queue: {facts['queue']} under {policy}; the worker {works}",
        f"token: {facts['token']}",
        "",
        "# a call that failed is handed in, and delivered",
        f"curl -s {kind} -d '{failed}' {url}/queue-failed",
        "# what waits, what became of it, and what took effect",
        f"curl -s {url}/queue-status",
        f"curl -s {url}/queue-failed",
        f"curl -s {url}/ledger",
    ]
