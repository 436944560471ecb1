"""The cells of the matrix: which calls are made, what troubles each, and who chooses."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from hashlib import blake2b
from itertools import product
from typing import Any, Final, get_args

from tests.matrix.oracle import PATIENCE_S, Expected, Fault, Outcome, expect, read

from battle_healer.commands import Abstain, Ranking
from battle_healer.model import Kind, Plan
from battle_healer.planners import heuristic
from battle_healer.planners.planner import Planner
from battle_healer.planners.scripted import Scripted
from battle_healer.planners.table import PlannerRow
from battle_healer_cli.running.report import Cell, Client
from battle_healer_scenarios import loader
from battle_healer_scenarios.scenario import Call, Scenario, Variant

REGIONS: Final = ("us", "eu")
CROWD: Final = 10
FILES: Final = {scenario.name: scenario for scenario in loader.load_all()}
GOOD: Final = ("heuristic", "well-scripted", "gemini")
BAD: Final = ("scripted", "evil")
CLIENTS: Final[tuple[Client, ...]] = get_args(Client)
VARIANTS: Final[tuple[Variant, ...]] = get_args(Variant)


def _crowd(scenario: Scenario) -> Scenario:
    """The same with at most CROWD callers side by side, where all of them do the same.

    They prove as much in less time; one test plays the full number.
    """
    first, *others = scenario.calls
    if others or (first.count or 1) <= CROWD or scenario.effects != first.count:
        return scenario
    calls = (first.model_copy(update={"count": CROWD}),)
    return scenario.model_copy(update={"calls": calls, "effects": CROWD})


SCENARIOS: Final = {name: _crowd(scenario) for name, scenario in FILES.items()}
CELLS: Final = tuple(
    (name, Cell(*made)) for name in SCENARIOS for made in product(GOOD + BAD, CLIENTS, VARIANTS)
)

_TOKENS: Final = {"bad-token": "unknown_token", "blocked-token-001": "blocked_token"}
_SPIKY: Final = ("spiky-token", 2)
_FIELDS: Final = {"transactionId", "amount", "currency", "note"}


def name_of(cell: tuple[str, Cell]) -> str:
    """The id of a cell, as pytest shows it."""
    name, how = cell
    return f"{name}-{how.planner}-{how.client}-{how.variant}"


@dataclass(frozen=True)
class Asked:
    """One call as it is made, what troubles it, and what must come of it."""

    call: Call
    faults: tuple[Fault, ...]
    expected: Expected


def asked(scenario: Scenario, variant: Variant | None) -> Mapping[str, Asked]:
    """Every call of a scenario, by id, with the oracle's word on it."""
    found: dict[str, Asked] = {}
    uses: Counter[str] = Counter()
    done: set[tuple[str, str]] = set()
    for call in (each for entry in scenario.as_variant(variant) for each in entry.each()):
        uses[call.token] += 1
        faults = tuple(_troubles(scenario, call, uses))
        expected = expect(
            faults, call.method, keyed=call.key is not None, regions=REGIONS,
            fallback=_fallback(scenario, call), patience_s=call.deadline_s or PATIENCE_S,
        )  # fmt: skip
        if call.key is not None:
            bound = _account(call), call.key
            expected = replace(expected, effects=0 if bound in done else expected.effects)
            done.add(bound)
        found[call.id] = Asked(call, faults, expected)
    return found


def _account(call: Call) -> str:
    """Whose keys count together: the policy's credentials are one account, "" here."""
    return {"issued": call.id, "none": ""}.get(call.token, call.token)


def _troubles(scenario: Scenario, call: Call, uses: Counter[str]) -> list[Fault]:
    """Faults asked for by the call or for it, and what is wrong with region, token and body."""
    server = scenario.server
    rules = (r for r in server.faults if fnmatchcase(call.id, r.calls))
    rule = next((r for r in rules if r.method in (None, call.method)), None)
    faults = read(call.trigger or "") + read(rule.trigger if rule else "")
    if uses.total() == 1:
        # Whoever comes later knows of it, and goes elsewhere at once.
        faults += [Fault("region_down", region=n) for n, s in server.regions.items() if s != "up"]
    if call.token in _TOKENS:
        faults.append(Fault(_TOKENS[call.token]))
    if call.token == _SPIKY[0] and uses[call.token] > _SPIKY[1]:
        faults.append(Fault("rate_limit"))
    body = call.body or {}
    if body and not set(body) <= _FIELDS:
        # The one refusal names all that is wrong.
        faults = [f for f in faults if f.name != "repair"] + [Fault("repair")]
    if not re.fullmatch("[A-Z]{3}", body.get("currency", "EUR")):
        faults.append(Fault("protected_body"))
    return faults


def _fallback(scenario: Scenario, call: Call) -> Outcome:
    if call.method == "POST":
        return "queued" if scenario.policy.queue else "failed"
    allowed = any("degrade" in changes for changes in scenario.policy.endpoints.values())
    return "degraded" if allowed else "failed"


class WellScripted:
    """A script that says at each menu what the heuristics would say."""

    name = "well-scripted"

    def rank(
        self, menu: tuple[Plan, ...], facts: Mapping[str, Any], budget_s: float
    ) -> Ranking | Abstain:
        wanted = heuristic.choose(menu, Kind(facts["kind"])).action
        return Scripted([wanted]).rank(menu, facts, budget_s)


class Erratic:
    """Chooses anything, the same in every run: drawn from its seed, the menu and the past."""

    def __init__(self, seed: int) -> None:
        self.name = f"erratic-{seed}"
        self._seed = seed

    def rank(
        self, menu: tuple[Plan, ...], facts: Mapping[str, Any], budget_s: float
    ) -> Ranking | Abstain:
        text = f"{self._seed} {[plan.action for plan in menu]} {facts['past']}"
        drawn = int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
        return Ranking({menu[drawn % len(menu)].id: 1.0}, self.name)


def planner_row(build: Callable[[], Planner], *, warns: bool = False) -> PlannerRow:
    """A row for a planner that only these tests know."""
    return PlannerRow(build().name, "chooses in tests", build, warns=warns)
