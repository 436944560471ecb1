"""Builders with defaults: a test names only what it is about."""

import json
from datetime import UTC, datetime
from typing import Any

from battle_healer.episode import Kit
from battle_healer.guardrails import GUARDRAILS, Guardrail
from battle_healer.model import Attempt, Call, Grant, Reply
from battle_healer.rules import (
    Bounds,
    CredentialRule,
    Degrade,
    Destination,
    Endpoint,
    Region,
    Rules,
    TokenCall,
)
from battle_healer.secret import Secret

US = Region("us", "https://us.api.example", 1)
EU = Region("eu", "https://eu.api.example", 2)
MAIN = CredentialRule("main", Secret("t-main"), refresh=TokenCall("/refresh"))
SPARE = CredentialRule("spare", Secret("t-spare"), tier="backup")
WHEN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class FixedClock:
    """A clock that stands still unless a test moves it."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def wall(self) -> datetime:
        return WHEN


def endpoint(**changes: Any) -> Endpoint:
    return Endpoint(**{"name": "charge", "match": "POST /charges"} | changes)


def destination(**changes: Any) -> Destination:
    given = {"name": "pay", "regions": (US, EU), "credentials": (MAIN, SPARE)}
    return Destination(**given | {"says_processed": True} | changes)


def call(method: str = "GET", *, at: Destination | None = None, **changes: Any) -> Call:
    where = at or destination()
    given: dict[str, Any] = {
        "id": "call-1",
        "correlation_id": "corr-1",
        "method": method,
        "destination": where,
        "endpoint": where.endpoint(method, "/charges"),
        "home": where.regions[0],
        "path": "/charges",
        "headers": (("Content-Type", "application/json"),),
        "body": b'{"amount": 15}' if method == "POST" else None,
        "began": 100.0,
        "deadline": 130.0,
    }
    return Call(**given | changes)


def attempt(of: Call | None = None, *, grant: Grant | None = None, **changes: Any) -> Attempt:
    it = of or call()
    declared = it.destination.credentials
    if grant is None and declared:
        grant = Grant(declared[0].name, Secret("t-main"))
    given: dict[str, Any] = {"region": it.home, "grant": grant, "body": it.body, "timeout_s": 30.0}
    return Attempt(it, 1, **given | changes)


def reply(status: int = 200, body: Any = None, **headers: str) -> Reply:
    """A JSON answer; header names are written with `_` for `-`."""
    kind = "application/problem+json" if status >= 400 else "application/json"
    named = {"content-type": kind} | {n.replace("_", "-"): v for n, v in headers.items()}
    text = b"{}" if body is None else json.dumps(body).encode()
    return Reply(status, tuple(named.items()), text)


def kit(**changes: Any) -> Kit:
    given: dict[str, Any] = {
        "clock": FixedClock(),
        "chance": lambda: 0.5,
        "new_id": lambda prefix: f"{prefix}-1",
    }
    return Kit(**given | changes)


def without(invariant: str) -> tuple[Guardrail, ...]:
    """All guardrails but one: what a test uses to show that the one matters."""
    return tuple(row for row in GUARDRAILS if row.invariant != invariant)


__all__ = [
    "EU",
    "MAIN",
    "SPARE",
    "US",
    "WHEN",
    "Bounds",
    "Degrade",
    "FixedClock",
    "Rules",
    "attempt",
    "call",
    "destination",
    "endpoint",
    "kit",
    "reply",
    "without",
]
