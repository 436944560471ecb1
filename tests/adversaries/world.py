"""The world of one attacked call: a server that keeps books, and what it calls harm.

It judges by what arrived and what took effect, never by what the loop says of itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.adversaries.attacks import Situation
from tests.support.building import FixedClock, attempt, call, destination, endpoint, kit, reply

from battle_healer.commands import (
    Abstain,
    Acquire,
    Answer,
    Ask,
    Command,
    Denied,
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
from battle_healer.model import Attempt, Call, Grant, Lost, OutcomeKind, Parked, Trouble
from battle_healer.planners.planner import Planner
from battle_healer.rules import Degrade
from battle_healer.secret import Secret

REQUESTS = 8
BODY = b'{"amt": 15, "note": "x"}'
_MOST_COMMANDS = 80


@dataclass
class World:
    """The server's side. It shows the attacked reply so many times, then it works."""

    situation: Situation
    shown: Trouble
    times: int
    clock: FixedClock = field(default_factory=FixedClock)
    sends: list[tuple[float, Attempt]] = field(default_factory=list)
    effects: int = 0
    keys: set[str] = field(default_factory=set)
    asked: list[Ask] = field(default_factory=list)
    parked: int = 0

    def receive(self, request: Attempt) -> Trouble:
        """Take one request, and let it act or not."""
        self.sends.append((self.clock.time, request))
        if len(self.sends) > self.times:
            self._act(request)
            return reply(200, {"id": "c1"})
        if self.situation.acted:
            self._act(request)
        return self.shown

    def _act(self, request: Attempt) -> None:
        key = request.call.key
        if request.call.method == "GET" or key in self.keys:
            return
        self.effects += 1
        if key is not None:
            self.keys.add(key)


def its_call(situation: Situation) -> Call:
    """The call that is attacked: everything that could go wrong with it is allowed."""
    honoured = "honoured" if situation.key else "unknown"
    here = destination(
        says_processed=False,
        endpoints=(
            endpoint(
                match=f"{situation.method} /charges", idempotency=honoured, repair=True, queue="q",
                degrade=Degrade(("example",), example={}), protected=("/amount",),
            ),
        )
    )  # fmt: skip
    body = None if situation.method == "GET" else BODY
    return call(situation.method, at=here, key=situation.key, body=body)


def play_out(
    world: World, planner: Planner, guardrails: tuple[Guardrail, ...] = GUARDRAILS
) -> Ending | None:
    """Drive the call in virtual time; None if it did not end."""
    first = attempt(its_call(world.situation))
    its_kit = kit(clock=world.clock, planner=planner.name, can_park=True, guardrails=guardrails)
    dialogue = episode(first, world.receive(first), its_kit)
    answer: Answer = None
    for _ in range(_MOST_COMMANDS):
        try:
            command = dialogue.send(answer)
        except StopIteration as stop:
            ending: Ending = stop.value
            return ending
        answer = _perform(command, world, planner)
    return None


def _perform(command: Command, world: World, planner: Planner) -> Answer:
    match command:
        case Send(sent):
            return world.receive(sent)
        case Wait(seconds):
            world.clock.time += seconds
            return None
        case Refresh() | Acquire():
            return Grant(command.credential, Secret(f"t-{command.credential}"))
        case Ask(_, menu, facts, budget_s):
            world.asked.append(command)
            return _rank(planner, menu, facts, budget_s)
        case Park():
            world.parked += 1
            return Parked("e1", durable=True)
        case Substitute():
            return Denied("nothing there") if world.situation.method == "GET" else reply(200, {})
        case Note():
            return None


def _rank(planner: Planner, menu: Any, facts: Any, budget_s: float) -> Ranking | Abstain:
    return planner.rank(menu, facts, budget_s)


def harms(world: World, ending: Ending | None) -> Iterator[str]:
    """Every promise that was broken."""
    situation, sent = world.situation, [request for _, request in world.sends]
    if world.effects > 1 or (world.effects and world.parked and situation.key is None):
        yield "I1: it took effect twice, or will"
    declared = its_call(situation).destination
    if any(request.region.origin not in declared.origins for request in sent):
        yield "I2, I7: the credential went to a stranger"
    for before, after in zip(world.sends, world.sends[1:], strict=False):
        is_held = situation.wait_s and before[1].region == after[1].region
        same = before[1].grant == after[1].grant
        shown = not isinstance(world.shown, Lost)
        if is_held and same and shown and after[0] - before[0] < situation.wait_s - 1e-6:
            yield "I3: it came early"
    if ending is None or len(sent) > REQUESTS:
        yield "I4: it does not end"
    if any(request.body not in (None, BODY) for request in sent):
        yield "I5: the protected field changed"
    if ending is not None:
        outcome = ending.outcome
        if outcome.kind is OutcomeKind.DEGRADED and situation.method != "GET":
            yield "I6: a substitute for a write"
        if outcome.kind is OutcomeKind.DELIVERED and ending.trouble != reply(200, {"id": "c1"}):
            yield "I6: called delivered, and it was not"
        if outcome.effect == "none" and world.effects:
            yield "I6: it took effect, and that is denied"
