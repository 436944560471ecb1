"""`healer mock`: the chaos server in the foreground."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Literal

import typer

from battle_healer_mock import bounds
from battle_healer_mock.gemini.double import MODEL, Double
from battle_healer_mock.gemini.policies import BY_NAME as POLICIES
from battle_healer_mock.gemini.server import GeminiDouble
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
    keep_rows: Annotated[int, typer.Option(min=1, help=bounds.ROWS.help)] = bounds.ROWS.default,
    keep_effects: Annotated[
        int, typer.Option(min=1, help=bounds.EFFECTS.help)
    ] = bounds.EFFECTS.default,
    keep_tokens: Annotated[
        int, typer.Option(min=1, help=bounds.TOKENS.help)
    ] = bounds.TOKENS.default,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print exactly one line when ready.")
    ] = False,
    print_policy: Annotated[
        bool, typer.Option("--print-policy", help="Print the policy that fits this server.")
    ] = False,
    gemini: Annotated[
        bool,
        typer.Option("--gemini", help="A double of the Gemini API instead; no model is behind it."),
    ] = False,
    simulate: Annotated[
        str,
        typer.Option("--simulate", help="With --gemini: how it fails, e.g. unavailable*2,hang."),
    ] = "",
) -> None:
    """Run the chaos mock server.

    Ask it for a fault with the header `X-Simulate-Failure`, e.g. `region_down@us,flaky=0.3`.
    It ends at Ctrl-C, and keeps nothing. Its memory is bounded; what was dropped is said.
    """
    if print_policy:
        sys.stdout.write(mock_policy_text())
        return
    if gemini:
        double = GeminiDouble(Double(faults=simulate), host, port)
        double.serve(lambda ready: _say(_double_is_ready(ready.url, as_json=as_json)))
        return
    body = _scenario(scenario, seed)
    kept = bounds.Bounds(keep_rows, keep_effects, keep_tokens)
    server = MockServer(Options(host, port, seed or "42", clock, body, bounds=kept))
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
        _say([json.dumps(ready)])
    else:
        _say(_banner(server.url, token))


def _double_is_ready(url: str, *, as_json: bool) -> list[str]:
    if as_json:
        return [json.dumps({"ready": True, "url": url, "model": MODEL, "policies": [*POLICIES]})]
    return [
        f"double of the Gemini API at {url}   (its answers are scripted; Ctrl-C ends it)",
        "",
        "# a call whose planner asks it",
        f"export HEALER_GEMINI_BASE_URL={url} HEALER_GEMINI_MODEL={MODEL}",
        "export HEALER_GEMINI_API_KEY=a-key-that-opens-nothing",
        "healer call GET http://127.0.0.1:8001/external-api --simulate region_down \\",
        "  --planner gemini --explain",
        "# what was sent to it; how it answers",
        f"curl -s {url}/control/wire",
        f"""curl -s -H 'Content-Type: application/json' -d '{{"faults": "hang"}}' {url}/control""",
    ]


def _say(lines: list[str]) -> None:
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
