"""One adversarial run from its number: facts, upstream bytes and a planner, all drawn at random.

The same number is the same run, so a number is all that is needed to see a run again.
"""

import json
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.adversaries.attacks import DRESSES, FRAMES, ORDERS, POSITIONS
from tests.adversaries.ledger import GOOD, Arrival, Ledger, Shown, Told, harms
from tests.support.building import FixedClock, attempt, call, destination, endpoint, kit

from battle_healer.commands import (
    Abstain,
    Acquire,
    Answer,
    Ask,
    Command,
    Note,
    Park,
    Ranking,
    Refresh,
    Send,
    Substitute,
    Wait,
)
from battle_healer.episode import Ending, episode
from battle_healer.guardrails import GUARDRAILS, Guardrail
from battle_healer.model import Attempt, Call, Grant, Lost, Parked, Plan, Reply, Trouble
from battle_healer.rules import Bounds, CredentialRule, Degrade, Destination, Region, TokenCall
from battle_healer.secret import Secret

_MOST_COMMANDS = 300
_PLACES = [position for position in POSITIONS if position.name != "lost"]
_BODIES = (b'{"amt": 15, "note": "x"}', b'{"amount": 15, "note": "x", "items": [1, 2]}')
_OFTEN = (401, 422, 429) * 4  # what heals in the most ways
# An honest server that says one of these has done nothing; of the others nobody can know.
_NOTHING_DONE = (301, 307, 308, 400, 401, 402, 403, 404, 405, 409, 410, 413, 415, 423, *_OFTEN)
_UNKNOWN = (302, 303, 408, 500, 502, 503, 504, 520, 529, 599)
_LOST = ("connect", "tls", "send", "wait", "read")
_WAITS = (1, 3, 20, 90, 7200)
_HINTS: tuple[dict[str, Any], ...] = (
    *[{"op": "move", "from": "/amt", "path": "/amount"}] * 4,
    {"op": "replace", "path": "/amount", "value": 1},
    {"op": "remove", "path": "/note"},
    {"op": "add", "path": "/currency", "value": "EUR"},
)
_WORDS = (
    "maintenance", "overloaded", "quota", "rate limit", "invalid token", "expired",
    "insufficient_scope", "in progress", "unknown field", "too many", "try again", "not found",
)  # fmt: skip


@dataclass
class Run:
    """What came of one run."""

    ledger: Ledger
    ending: Ending | None
    harm: list[str]
    asked: int


def run(number: int, guardrails: tuple[Guardrail, ...] = GUARDRAILS) -> Run:
    """Draw the run of this number and play it out in virtual time."""
    drawn = random.Random(number)  # noqa: S311 - repeatable, not secret
    made, clock = _call(drawn), FixedClock()
    here = made.destination
    ledger = Ledger(
        tuple(_shown(drawn) for _ in range(drawn.randint(1, 10))),
        {rule.name: rule.account or rule.name for rule in here.credentials},
        frozenset(region.origin for region in here.regions),
        made.endpoint.idempotency == "honoured",
    )
    played = _Play(ledger, clock, RandomPlanner(drawn))
    ending = played.out(made, guardrails)
    harm = [*harms(ledger, _told(ending), Bounds().requests, made.deadline)]
    return Run(ledger, ending, harm, played.planner.asked)


def _told(ending: Ending | None) -> Told | None:
    if ending is None:
        return None
    outcome = ending.outcome
    return Told(outcome.kind.value, outcome.effect, outcome.requests)


class RandomPlanner:
    """Ranks a menu at random, and in a quarter of the cases answers what no planner should."""

    name = "random"

    def __init__(self, drawn: random.Random) -> None:
        self.drawn = drawn
        self.asked = 0

    def rank(
        self, menu: tuple[Plan, ...], facts: Mapping[str, Any], budget_s: float
    ) -> Ranking | Abstain:
        self.asked += 1
        ranks: dict[Any, Any] = {plan.id: self.drawn.random() for plan in menu}
        match self.drawn.randrange(16):
            case 0:
                return Abstain(self.drawn.choice(["unsure", "down", "timeout", "?"]))
            case 1:
                ranks = {self.drawn.choice(["p99", "", "abort", "https://evil.example"]): 1.0}
            case 2:
                ranks[self.drawn.choice(menu).id] = self.drawn.choice(
                    [math.nan, math.inf, -1.0, 2.0, True]
                )
            case 3:
                ranks = {}
            case _:
                pass
        return Ranking(ranks, self.name)


class _Play:
    """Carries out the commands of one episode."""

    def __init__(self, ledger: Ledger, clock: FixedClock, planner: RandomPlanner) -> None:
        self.ledger, self.clock, self.planner = ledger, clock, planner
        self.tokens = 0

    def out(self, made: Call, guardrails: tuple[Guardrail, ...]) -> Ending | None:
        """Play a call out; None if it did not end."""
        first = attempt(made)
        its_kit = kit(
            clock=self.clock, planner=self.planner.name, can_park=True, guardrails=guardrails,
            chance=self.planner.drawn.random,
        )  # fmt: skip
        dialogue = episode(first, self._send(first), its_kit)
        answer: Answer = None
        for _ in range(_MOST_COMMANDS):
            try:
                command = dialogue.send(answer)
            except StopIteration as stop:
                ending: Ending = stop.value
                return ending
            answer = self._perform(command)
        return None

    def _send(self, sent: Attempt) -> Trouble:
        arrival = Arrival(
            self.clock.time, sent.region.origin, (sent.grant and sent.grant.name) or "",
            sent.call.method, sent.call.key, sent.body,
        )  # fmt: skip
        shown = self.ledger.take(arrival)
        if shown.lost:
            return Lost(shown.lost, shown.body.decode("latin-1"))  # type: ignore[arg-type] # a row
        return Reply(shown.status, shown.headers, shown.body)

    def _perform(self, command: Command) -> Answer:
        match command:
            case Send(sent):
                return self._send(sent)
            case Wait(seconds):
                self.clock.time += seconds
                return None
            case Refresh() | Acquire():
                self.tokens += 1
                return Grant(command.credential, Secret(f"t-{self.tokens}"))
            case Ask(_, menu, facts, budget_s):
                return self.planner.rank(menu, facts, budget_s)
            case Park():
                self.ledger.parked = True
                return Parked("e1", durable=True)
            case Substitute():
                return Reply(200, (("Healer-Outcome", "degraded"),), b"{}")
            case Note():
                return None


def _call(drawn: random.Random) -> Call:
    method = drawn.choice(["GET", "HEAD", "POST", "POST", "POST", "PUT", "PATCH", "DELETE"])
    here = _destination(
        method, drawn.choice(["honoured", "unknown"]), drawn.randint(1, 3), drawn.randint(1, 3),
        shared=drawn.random() < 0.5,
    )  # fmt: skip
    body = drawn.choice(_BODIES) if method in ("POST", "PUT", "PATCH") else None
    key = drawn.choice([None, "k1"])
    deadline = 100.0 + drawn.choice([0.5, 5.0, 30.0, 600.0])
    return call(method, at=here, key=key, body=body, deadline=deadline)


@cache
def _destination(
    method: str, idempotency: str, regions: int, credentials: int, *, shared: bool
) -> Destination:
    """The few policies there are. shared: all credentials are of one account."""
    return destination(
        says_processed=False,
        regions=tuple(Region(f"r{n}", f"https://r{n}.example", n) for n in range(regions)),
        credentials=tuple(
            CredentialRule(
                f"c{n}", Secret(f"t-c{n}"), refresh=TokenCall("/refresh"),
                tier="backup" if n else "primary", account="one" if shared else None,
            )
            for n in range(credentials)
        ),
        endpoints=(
            endpoint(
                match=f"{method} /charges", idempotency=idempotency, repair=True, adapt=True,
                queue="q", degrade=Degrade(("example",), example={}), protected=("/amount",),
            ),
        ),
    )  # fmt: skip


def _shown(drawn: random.Random) -> Shown:
    """One reply: what it promises is true, all else in it is random."""
    match drawn.randrange(8):
        case 0:
            return Shown(200, (("content-type", "application/json"),), GOOD, acts=True)
        case 1:
            phase = drawn.choice(_LOST)
            acts = phase not in ("connect", "tls") and drawn.random() < 0.5
            return Shown(0, body=_text(drawn).encode(), acts=acts, lost=phase)
        case 2 | 3 | 4:
            status, acts = drawn.choice(_NOTHING_DONE), False
        case _:
            status, acts = drawn.choice(_UNKNOWN), drawn.random() < 0.5
    wait_s = float(drawn.choice(_WAITS)) if status >= 400 and drawn.random() < 0.3 else 0.0
    made = _hostile(drawn, Reply(status, _headers(drawn, wait_s), _body(drawn)), wait_s)
    return Shown(status, made.headers, made.body or b"", acts, wait_s)


def _headers(drawn: random.Random, wait_s: float) -> tuple[tuple[str, str], ...]:
    kind = drawn.choice(
        ["application/problem+json", "application/json", "text/html", "text/plain", "x", ""]
    )
    named = [("content-type", kind)] if kind else []
    if wait_s:
        named.append(("retry-after", f"{wait_s:.0f}"))
    if drawn.random() < 0.2:
        named.append(("www-authenticate", 'Bearer error="invalid_token"'))
    if drawn.random() < 0.1:
        named.append(("location", "https://evil.example/charges"))
    return tuple(named)


def _body(drawn: random.Random) -> bytes:
    told: dict[str, Any] = {"title": drawn.choice(_WORDS)} if drawn.random() < 0.3 else {}
    if drawn.random() < 0.8:
        hint = drawn.choice(_HINTS)
        pointer = hint.get("from", hint["path"])
        told["errors"] = [{"pointer": pointer, "code": "unknown", "hint": hint}]
    return json.dumps(told).encode()


def _hostile(drawn: random.Random, base: Reply, wait_s: float) -> Reply:
    """Write an attack into one place of a reply, and spoil some bytes of it."""
    # One time is what the ledger holds the client to, so no second one is told beside it.
    places = [p for p in _PLACES if not (wait_s and p.name == "retry-after")]
    written = drawn.choice(places).write(base, _text(drawn))
    assert isinstance(written, Reply)
    return Reply(base.status, written.headers, _noisy(drawn, written.body or b""))


def _noisy(drawn: random.Random, body: bytes) -> bytes:
    match drawn.randrange(10):
        case 0:
            return drawn.randbytes(drawn.randint(0, 400))
        case 1:
            cut = drawn.randint(0, len(body))
            return body[:cut] + drawn.randbytes(4) + body[cut + 1 :]
        case 2:
            return body[: drawn.randint(0, len(body))]
        case _:
            return body


def _text(drawn: random.Random) -> str:
    if drawn.random() < 0.3:
        return "".join(chr(drawn.randint(1, 0xD7FF)) for _ in range(drawn.randint(0, 60)))
    order = ORDERS[drawn.choice([*ORDERS])]
    return drawn.choice(DRESSES)(drawn.choice(FRAMES)(order))
