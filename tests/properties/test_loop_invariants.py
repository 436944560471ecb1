"""I1 to I7 over random courses: any server, any planner, any method.

A small world plays the server: it knows what took effect and when it wanted to be asked again,
and judges the loop by that, never by what the loop says of itself.
"""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.building import (
    FixedClock,
    attempt,
    call,
    destination,
    endpoint,
    kit,
    reply,
    without,
)

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
from battle_healer.episode import Ending, Kit, episode
from battle_healer.guardrails import GUARDRAILS, Guardrail
from battle_healer.model import Attempt, Grant, Lost, OutcomeKind, Parked, Reply, Trouble
from battle_healer.rules import Degrade
from battle_healer.secret import Secret

MOST_COMMANDS = 200


@dataclass(frozen=True)
class Happening:
    """What the server does with one request. effect: the write happened. wait_s: its own time."""

    trouble: Trouble
    effect: bool = False
    wait_s: float = 0.0
    scope: str = ""


NOT_DONE = {"processed": False}
RENAME = {"op": "move", "from": "/amt", "path": "/amount"}
RENAMED = {"errors": [{"pointer": "/amt", "code": "unknown", "hint": RENAME}]}
HAPPENINGS = [
    Happening(reply(200, {"id": "c1"}), effect=True),
    Happening(reply(500), effect=True),
    Happening(reply(500), effect=False),
    Happening(reply(500, NOT_DONE)),
    Happening(reply(502), effect=True),
    Happening(Lost("connect")),
    Happening(Lost("wait", timed_out=True), effect=True),
    Happening(Lost("read"), effect=True),
    Happening(Lost("send")),
    Happening(reply(503, NOT_DONE, retry_after="3"), wait_s=3.0, scope="region"),
    Happening(reply(429, retry_after="2"), wait_s=2.0, scope="destination"),
    Happening(reply(429, retry_after="7200"), wait_s=7200.0, scope="credential"),
    Happening(reply(402)),
    Happening(reply(401, www_authenticate='Bearer error="invalid_token"')),
    Happening(reply(403)),
    Happening(reply(404)),
    Happening(reply(409)),
    Happening(reply(422, RENAMED)),
    Happening(reply(307, location="https://evil.example/charges")),
    Happening(reply(200, {"ok": False, "error": "internal", "processed": False})),
]


@dataclass
class World:
    """The server's side of one call."""

    course: list[Happening]
    clock: FixedClock
    sends: list[Attempt] = field(default_factory=list)
    effects: int = 0
    early: int = 0
    holds: list[tuple[str, str, float]] = field(default_factory=list)

    def receive(self, request: Attempt) -> Trouble:
        self.sends.append(request)
        name = request.grant.name if request.grant else None
        where = {"region": request.region.name, "credential": name or "", "destination": ""}
        now = self.clock.time
        self.early += any(where[s] == n and now < until - 1e-9 for s, n, until in self.holds)
        happening = self.course[min(len(self.sends), len(self.course)) - 1]
        self.effects += happening.effect
        if happening.scope:
            self.holds.append((happening.scope, where[happening.scope], now + happening.wait_s))
        return happening.trouble


def run(first: Attempt, world: World, with_kit: Kit, picks: list[int]) -> Ending | None:
    """Drive one episode in virtual time; None if it did not end within the most commands."""
    dialogue = episode(first, world.receive(first), with_kit)
    answer: Answer = None
    tokens = 0
    for _ in range(MOST_COMMANDS):
        try:
            command = dialogue.send(answer)
        except StopIteration as stop:
            ending: Ending = stop.value
            return ending
        tokens += isinstance(command, (Refresh, Acquire))
        answer = _perform(command, world, picks, tokens)
    return None


def _perform(command: Command, world: World, picks: list[int], tokens: int) -> Answer:
    match command:
        case Send(sent):
            return world.receive(sent)
        case Wait(seconds):
            world.clock.time += seconds
            return None
        case Refresh() | Acquire():
            return Grant(command.credential, Secret(f"t{tokens}"))
        case Ask(_, menu, _, _):
            pick = picks.pop() if picks else 0
            if pick < 0:
                return Abstain("unsure")
            return Ranking({menu[pick % len(menu)].id: 1.0}, "random")
        case Park():
            return Parked("e1", durable=True)
        case Substitute():
            return Denied("nothing there")
        case Note():
            return None


@st.composite
def courses(draw: st.DrawFn) -> dict[str, Any]:
    method = draw(st.sampled_from(["GET", "POST", "PUT", "PATCH"]))
    honoured = draw(st.booleans())
    here = destination(
        endpoints=(
            endpoint(
                match=f"{method} /charges",
                idempotency="honoured" if honoured else "unknown",
                repair=True,
                queue="q",
                degrade=Degrade(("example",), example={}),
                protected=draw(st.sampled_from([(), ("/amount",)])),
            ),
        )
    )
    key = "k1" if draw(st.booleans()) else None
    body = None if method == "GET" else b'{"amt": 15}'
    return {
        "call": call(method, at=here, key=key, body=body),
        "course": draw(st.lists(st.sampled_from(HAPPENINGS), min_size=1, max_size=12)),
        "picks": draw(st.lists(st.integers(-1, 12), max_size=12)),
    }


def play_out(
    drawn: dict[str, Any], guardrails: tuple[Guardrail, ...] = GUARDRAILS
) -> tuple[World, Ending | None]:
    clock = FixedClock()
    world = World(drawn["course"], clock)
    its_kit = kit(clock=clock, planner="random", can_park=True, guardrails=guardrails)
    return world, run(attempt(drawn["call"]), world, its_kit, list(drawn["picks"]))


@settings(max_examples=600, deadline=None)
@given(courses())
def test_no_course_and_no_planner_leads_to_harm(drawn: dict[str, Any]) -> None:
    world, ending = play_out(drawn)
    assert ending is not None, "I4: the episode did not end"
    outcome, its_call = ending.outcome, drawn["call"]
    # I1: one effect at most, where nothing but restraint protects the call.
    if not its_call.is_repeatable:
        assert world.effects <= 1
    # I3, I4: never early, never more than the bounds.
    assert world.early == 0
    assert len(world.sends) <= 8
    assert world.clock.time < its_call.deadline
    # I2, I7: only declared places and credentials.
    assert {sent.region.name for sent in world.sends} <= {"us", "eu"}
    # I5: a protected field is never touched; the key never changes.
    if its_call.endpoint.protected:
        assert {sent.body for sent in world.sends} == {its_call.body}
    assert {sent.call.key for sent in world.sends} == {its_call.key}
    # I6: what is called delivered is an answer of the API; what took effect is not denied.
    if outcome.kind is OutcomeKind.DELIVERED:
        assert isinstance(ending.trouble, Reply)
        assert ending.trouble == reply(200, {"id": "c1"})
    if outcome.effect == "none" and not its_call.is_read:
        assert world.effects == 0
    assert outcome.requests == len(world.sends)


def _search(guardrail: str, is_harm: Any) -> bool:
    """Whether harm is found once that guardrail is gone (a fixed course that shows it)."""
    found: list[bool] = []

    @settings(max_examples=400, deadline=None, database=None, derandomize=True)
    @given(courses())
    def look(drawn: dict[str, Any]) -> None:
        world, ending = play_out(drawn, without(guardrail))
        found.append(is_harm(drawn["call"], world, ending))

    look()
    return any(found)


def test_without_i1_a_write_takes_effect_twice() -> None:
    assert _search("I1", lambda c, w, _: not c.is_repeatable and w.effects > 1)


def test_without_i3_a_request_comes_early() -> None:
    assert _search("I3", lambda _, w, __: w.early > 0)


def test_without_i4_a_bound_is_broken() -> None:
    assert _search("I4", lambda c, w, e: e is None or len(w.sends) > 8)


def test_without_i5_a_protected_field_changes() -> None:
    guarded = endpoint(repair=True, protected=("/amount",))
    its_call = call("POST", at=destination(endpoints=(guarded,)), body=b'{"amt": 15}')
    drawn = {"call": its_call, "course": [Happening(reply(422, RENAMED))], "picks": []}
    world, _ = play_out(drawn, without("I5"))
    assert {sent.body for sent in world.sends} != {its_call.body}


def test_without_i2_and_i7_a_stranger_is_called() -> None:
    """Both stand before an address that only a reply names, so both must go."""
    rows = tuple(row for row in GUARDRAILS if row.invariant not in ("I2", "I7"))
    stranger = [Happening(reply(307, location="https://evil.example/charges"))]
    drawn = {"call": call(), "course": stranger, "picks": [0]}
    world, _ = play_out(drawn, rows)
    assert "undeclared" in {sent.region.name for sent in world.sends}
