"""I2, I7: canaries in every position of request and reply never reach a model.

Judged by the wire log of the double: every byte that a planner sent, in whatever disguise.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from tests.agent.planners.gemini.conftest import MakePlanner
from tests.support.serving import Api, Said, Seen

from battle_healer import HealingClient, outcome_of
from battle_healer.clients.surroundings import Surroundings
from battle_healer.drivers.virtual import VirtualTime
from battle_healer.model import Outcome
from battle_healer.planners.planner import Planner
from battle_healer.rules import CredentialRule, Destination, Endpoint, Region, Rules, Tier
from battle_healer.secret import Secret
from battle_healer_mock.gemini.server import GeminiDouble

CANARIES = {
    name: f"canary{number:02}{name}"
    for number, name in enumerate(
        ["token", "spare", "cookie", "apikey", "query", "path", "body", "bodykey", "mail", "iban",
         "idempotency", "correlation", "header", "useragent", "destination", "region", "credential",
         "endpoint", "schema", "scope", "account", "reason", "replyheader", "challenge", "location",
         "retryafter", "setcookie", "server", "link", "etag", "title", "detail", "type", "instance",
         "replykey", "html", "comment", "pointer", "hint", "trace", "tail"]
    )
}  # fmt: skip
SHAPES = ["problem", "html", "text", "json", "empty", "lost"]
TIERS: tuple[tuple[str, Tier], ...] = (("token", "primary"), ("spare", "backup"))
STATUSES = [401, 403, 422, 429, 500, 503, 200]


def c(name: str) -> str:
    return CANARIES[name]


def hostile(status: int, shape: str) -> Said | bytes | None:
    """A reply with a canary wherever a server can write."""
    if shape == "lost":
        return f"HTTP/1.1 200 {c('reason')}\r\ncontent-length: 99\r\n\r\n{c('tail')}".encode()
    headers = {
        "WWW-Authenticate": f'Bearer realm="{c("challenge")}", error="invalid_token"',
        "Location": f"https://{c('location')}.example/x?token={c('location')}",
        "Retry-After": "1",
        "X-Note": c("replyheader"),
        "Set-Cookie": f"session={c('setcookie')}",
        "Server": c("server"),
        "Link": f"<https://{c('link')}.example>; rel=next",
        "ETag": f'"{c("etag")}"',
    }
    problem = {
        "type": f"https://{c('type')}.example",
        "title": f"maintenance {c('title')}",
        "detail": f"the token {c('token')} of jane.{c('mail')}@example.org is overloaded",
        "instance": c("instance"),
        c("replykey"): c("trace"),
        "errors": [{"pointer": f"/{c('pointer')}", "code": "unknown", "hint": {"to": c("hint")}}],
    }
    match shape:
        case "problem":
            return Said(status, problem, headers | {"Content-Type": "application/problem+json"})
        case "html":
            page = f"<html><!-- {c('comment')} --><body>busy {c('html')}</body></html>"
            return Said(status, page.encode(), headers | {"Content-Type": "text/html"})
        case "text":
            text = f"try again later {c('tail')}"
            return Said(status, text.encode(), headers | {"Content-Type": "text/plain"})
        case "json":
            return Said(status, {"ok": False, "error": c("detail"), "data": problem}, headers)
        case _:
            return Said(status, b"", headers)


def rules_for(url: str) -> Rules:
    """A policy whose every name is a canary."""
    credentials = tuple(
        CredentialRule(
            f"{c('credential')}-{name}", Secret(c(name)), account=c("account"),
            scopes=frozenset({c("scope")}), tier=tier,
        )
        for name, tier in TIERS
    )  # fmt: skip
    schema = {"type": "object", "required": [c("schema")], "description": c("schema")}
    endpoint = Endpoint(
        c("endpoint"), "POST /{any}", idempotency="honoured", request_schema=schema,
        response_schema=schema, repair=True, adapt=True,
    )  # fmt: skip
    regions = (Region(f"{c('region')}-a", f"{url}/a"), Region(f"{c('region')}-b", f"{url}/b", 2))
    destination = Destination(c("destination"), regions, credentials, (endpoint,))
    made = Rules((destination,), source=c("destination"))
    return replace(made, bounds=replace(made.bounds, model_budget_s=10.0, deadline_s=60.0))


@pytest.fixture
def api() -> Iterator[Api]:
    """First the hostile reply of a test, then a clean one."""
    script: list[Said | bytes | None] = []
    body = {c("schema"): 1}
    with Api(lambda seen: script.pop(0) if script else Said(200, body)) as running:
        running.script = script  # type: ignore[attr-defined] # this test's own
        yield running


def disguises(canary: str) -> set[str]:
    raw = canary.encode()
    return {
        canary, canary.upper(), canary[::-1], raw.hex(), quote(canary, safe=""),
        base64.b64encode(raw).decode().rstrip("="), "".join(f"\\u{ord(x):04x}" for x in canary),
    }  # fmt: skip


def call(api: Api, asked: Planner) -> Outcome:
    clock = VirtualTime()
    around = Surroundings(clock, clock.wait, clock.wait_async)
    with HealingClient(
        policy=rules_for(api.url), planner=asked, surroundings=around, trust_env=False
    ) as client:
        reply = client.post(
            f"{api.url}/a/{c('path')}?api_key={c('query')}&q={c('query')}",
            json={c("bodykey"): c("body"), "mail": f"jane.{c('mail')}@example.org",
                  "iban": c("iban")},
            headers={
                "Cookie": f"id={c('cookie')}", "X-Api-Key": c("apikey"), "X-Own": c("header"),
                "User-Agent": c("useragent"), "Idempotency-Key": c("idempotency"),
                "X-Correlation-ID": c("correlation"),
            },
        )  # fmt: skip
    return outcome_of(reply)


@pytest.mark.parametrize("way", ["decisions", "generate"])
@pytest.mark.parametrize("shape", SHAPES)
def test_no_canary_reaches_the_model(
    api: Api, planner: MakePlanner, double: GeminiDouble, shape: str, way: str
) -> None:
    asked = planner(api=way)
    for status in STATUSES:
        api.script.append(hostile(status, shape))  # type: ignore[attr-defined] # see the fixture
        call(api, asked)
    assert double.double.wire, "nothing was sent, so nothing was proved"
    sent = json.dumps([row.public() for row in double.double.wire])
    for name, canary in CANARIES.items():
        for disguise in disguises(canary):
            assert disguise not in sent, f"{name} reached the model as {disguise}"
    assert "jane" not in sent
    _arrived(api.seen)


def _arrived(seen: list[Seen]) -> None:
    """The canaries of the request did reach the API: they were there to be leaked."""
    whole = repr(seen)
    for name in ("token", "cookie", "apikey", "query", "body", "mail", "iban", "idempotency"):
        assert c(name) in whole, name
