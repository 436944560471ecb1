"""`healer mock`: the chaos server in the foreground."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Literal

import typer

from battle_healer_mock.server import MockServer, Options
from battle_healer_scenarios import loader, mock_policy_text

app = typer.Typer(add_completion=False)


@app.command()
def mock(  # noqa: PLR0913, PLR0917 - each is an option that people type
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8001,
    scenario: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="Faults, seed and regions to start with."),
    ] = None,
    seed: Annotated[
        str | None,
        typer.Option(help="All chance follows from it. Default: the scenario's, else 42."),
    ] = None,
    clock: Annotated[
        Literal["real", "manual"], typer.Option(help="manual: time passes at /control/clock.")
    ] = "real",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print exactly one line when ready.")
    ] = False,
    print_policy: Annotated[
        bool, typer.Option("--print-policy", help="Print the policy that fits this server.")
    ] = False,
) -> None:
    """Run the chaos mock server.

    Ask it for a fault with the header `X-Simulate-Failure`, e.g. `region_down@us,flaky=0.3`.
    It ends at Ctrl-C, and keeps nothing.
    """
    if print_policy:
        sys.stdout.write(mock_policy_text())
        return
    body = _scenario(scenario, seed)
    server = MockServer(Options(host, port, seed or "42", clock, body))
    token = server.issue_token()
    server.serve(lambda ready: _say_ready(ready, token, as_json=as_json))


def _scenario(name: str | None, seed: str | None) -> dict[str, Any] | None:
    if name is None:
        return None
    body = loader.load(name).for_control()
    return body if seed is None else body | {"seed": seed}


def _say_ready(server: MockServer, token: str, *, as_json: bool) -> None:
    if as_json:
        ready = {"ready": True, "url": server.url, "port": server.port, "token": token}
        lines = [json.dumps(ready)]
    else:
        lines = _banner(server.url, token)
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _banner(url: str, token: str) -> list[str]:
    bearer = f"-H 'Authorization: Bearer {token}'"
    fault = "-H 'X-Simulate-Failure: region_down'"
    kind = "-H 'Content-Type: application/json'"
    charge = """-d '{"transactionId": "txn-1", "amount": 15}'"""
    return [
        f"mock server at {url}   (docs: {url}/docs, Ctrl-C ends it)",
        f"token: {token}",
        "",
        "# a write that takes effect",
        f"curl -s {bearer} {kind} {charge} {url}/external-api",
        "# the same with a fault in front",
        f"curl -si {fault} {bearer} {kind} {charge} {url}/external-api",
        "# what took effect",
        f"curl -s {url}/ledger",
    ]
