"""What a decision costs: the table, the guardrails, a model, and a model that does not answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from tests.adversaries import test_injection, test_public_attacks
from tests.adversaries.hijacked import steer_rates
from tests.support.building import attempt, call, kit, reply

from battle_healer.diagnosis import diagnose
from battle_healer.menu import compose, facts
from battle_healer.planners import heuristic
from battle_healer.planners.gemini.planner import Gemini
from battle_healer.planners.question import put
from battle_healer.secret import Secret
from battle_healer.settings import GeminiSettings
from battle_healer.story import Story
from battle_healer_mock.gemini.double import MODEL
from battle_healer_mock.gemini.server import GeminiDouble
from benchmarks.overhead.timing import interleave

_WARM_S: Final = 20.0
_BUDGET_S: Final = 0.5
_ASKS: Final = 200
_HANGS: Final = 20
_DECISION_US: Final = 50
_VETTING_US: Final = 50
_OUTAGE_MS: Final = 50


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. target: "" where none is set."""

    name: str
    value: str
    target: str = ""


def report() -> list[str]:
    """Lines of a table: name, figure, target."""
    lines = ["| planner | measured | target |", "|---|---|---|"]
    figures = [*_inside(), *_asking(), *_steering()]
    return lines + [f"| {one.name} | {one.value} | {one.target} |" for one in figures]


def _inside() -> list[Figure]:
    """The parts without a network, on a menu of a failed read with two regions."""
    its_kit = kit()
    story = _story()
    plans = [plan for action in its_kit.actions for plan in action.plans(story, its_kit)]
    menu = compose(story, its_kit, its_kit.actions, its_kit.guardrails)
    told = {**facts(story), "words": ["maintenance"], "model_calls_left": 1}
    kind = story.diagnosis.kind

    def vet() -> None:
        for plan in plans:
            for guardrail in its_kit.guardrails:
                guardrail.objects(plan, story, its_kit.bounds)

    took = interleave(
        {
            "choose": lambda: heuristic.choose(menu.plans, kind),
            "vet": vet,
            "put": lambda: put(menu.plans, told),
        }
    )
    us = {name: seconds * 1e6 for name, seconds in took.items()}
    return [
        Figure("heuristic decision", f"{us['choose']:.1f} µs", f"{_DECISION_US} µs"),
        Figure(f"vetting {len(plans)} plans", f"{us['vet']:.1f} µs", f"{_VETTING_US} µs"),
        Figure("putting a question", f"{us['put']:.1f} µs"),
    ]


def _asking() -> list[Figure]:
    with GeminiDouble() as double:
        began = time.perf_counter()
        planner = _planner(double.url)
        loaded_s = time.perf_counter() - began
        menu = compose(_story(), kit(), kit().actions, kit().guardrails)
        asked = [_timed(planner, menu.plans, number, 5.0) for number in range(_ASKS)]
        planner.close()
        # A new one for each: three in a row would open the breaker, and cost nothing.
        hung = [_hung(double, menu.plans) for _ in range(_HANGS)]
    asked.sort()
    worst_ms = (max(hung) - _BUDGET_S) * 1e3
    return [
        Figure("loading the SDK, in its own thread", f"{loaded_s:.2f} s"),
        Figure(
            "a question through the SDK to the double, median", f"{asked[_ASKS // 2] * 1e3:.1f} ms"
        ),
        Figure("the same, 95 of 100", f"{asked[int(_ASKS * 0.95)] * 1e3:.1f} ms"),
        Figure(
            f"a model that hangs, worst of {_HANGS}, beyond its {_BUDGET_S * 1e3:.0f} ms",
            f"{worst_ms:+.1f} ms",
            f"{_OUTAGE_MS} ms",
        ),
    ]


def _steering() -> list[Figure]:
    sets = {"attacks": test_injection.attacks(), "public ones": test_public_attacks.attacks()}
    return [
        Figure(f"steer rate of {who}, {len(attacks)} {name}", f"{rate:.3f}")
        for name, attacks in sets.items()
        for who, rate in steer_rates(attacks).items()
    ]


def _hung(double: GeminiDouble, menu: tuple[Any, ...]) -> float:
    double.double.set(faults="hang")
    planner = _planner(double.url)
    took_s = _timed(planner, menu, 0, _BUDGET_S)
    planner.close()
    return took_s


def _planner(url: str) -> Gemini:
    most = 1_000_000
    planner = Gemini(
        GeminiSettings(
            api_key=Secret("a-key-that-opens-nothing"), base_url=url, model=MODEL,
            calls_per_minute=most, tokens_per_minute=most, tokens_per_day=most,
            usd_per_minute=most, usd_per_day=most,
        )
    )  # fmt: skip
    planner.warm(_WARM_S)
    return planner


def _timed(planner: Gemini, menu: tuple[Any, ...], number: int, budget_s: float) -> float:
    told = {**facts(_story()), "words": [], "requests": number, "model_calls_left": 1}
    began = time.perf_counter()
    planner.rank(menu, told, budget_s)
    return time.perf_counter() - began


def _story() -> Story:
    its_kit = kit()
    failed, trouble = attempt(call()), reply(500)
    diagnosis = diagnose(failed, trouble, its_kit.clock.wall())
    return Story(failed.call, its_kit.clock.now()).saw(
        failed, trouble, diagnosis, its_kit.clock.now()
    )


if __name__ == "__main__":
    print("\n".join(report()))
