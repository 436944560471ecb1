"""Who chooses from the menu: the planner that is named, and the heuristics where it does not say.

The loop hands a menu over and gets a plan of that menu back, whatever a planner answers.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from battle_healer.commands import Abstain, Answer, Ask, Command, Note, Ranking
from battle_healer.menu import Menu, facts
from battle_healer.model import Asked, Kind, Plan, Step
from battle_healer.planners import heuristic
from battle_healer.planners.lexicon import words_in
from battle_healer.planners.miss import BY_KIND
from battle_healer.planners.planner import best, is_probability
from battle_healer.planners.table import HEURISTIC
from battle_healer.rules import Bounds
from battle_healer.story import Story
from battle_healer.text import safe

_SHARE_OF_DEADLINE: Final = 0.25  # the most that a planner may take of what is left
_SENT: Final = 8192  # characters of what was sent that are kept; a question has at most 6 KiB
_WHY: Final = 300


@dataclass(frozen=True, slots=True)
class Choice:
    """Who chose which plan, and in what words. asked: None where only the heuristics were."""

    plan: Plan
    planner: str
    reason: str
    probability: float | None = None
    asked: Asked | None = None

    def step(self, menu: Menu, story: Story) -> Step:
        """As it is told to people."""
        plan = self.plan
        return Step(
            action=plan.action,
            reason=f"{plan.reason}; {self.reason}",
            planner=self.planner,
            wait_s=plan.wait_s,
            kind=story.diagnosis.kind,
            reader=story.diagnosis.reader,
            region=plan.region.name if plan.region else None,
            credential=plan.credential,
            vetoes=menu.vetoes,
            menu=tuple(f"{p.id} {p.action}" for p in menu.plans),
            probability=self.probability,
            asked=self.asked,
        )


def choose(
    menu: Menu, story: Story, planner: str, bounds: Bounds
) -> Generator[Command, Answer, Choice]:
    """Let `planner` rank, and fall back to the heuristics where it does not say."""
    if menu.only is not None:
        return Choice(menu.only, HEURISTIC, "nothing else is possible")
    kind = story.weighs_as
    made = sum(step.asked.model_calls for step in story.steps if step.asked is not None)
    if planner == HEURISTIC or (made and made >= bounds.model_calls):
        return _by_table(menu, kind)
    budget_s = max(0.0, min(bounds.model_budget_s, story.remaining_s * _SHARE_OF_DEADLINE))
    told = _told(story, bounds.model_calls - made)
    answer = yield Ask(planner, menu.plans, told, budget_s)
    asked = _asked(planner, answer, menu, bounds)
    if isinstance(answer, Ranking) and (plan := best(answer, menu.plans)) is not None:
        chance = float(answer.probabilities[plan.id])
        # A planner may repeat what a model, or the other side, wrote (I7).
        return Choice(plan, safe(str(answer.planner), 64), asked.why, chance, asked)
    if asked.said != "sure":
        yield Note("PLANNER_SILENT", _silence(asked, answer))
    return _by_table(menu, kind, asked)


def _by_table(menu: Menu, kind: Kind, asked: Asked | None = None) -> Choice:
    row = heuristic.row_for(kind)
    unheard = f" ({asked.planner} did not say: {asked.why})" if asked is not None else ""
    return Choice(heuristic.choose(menu.plans, kind), HEURISTIC, row.why + unheard, asked=asked)


def _silence(asked: Asked, answer: Answer) -> Mapping[str, Any]:
    off_s = answer.off_s if isinstance(answer, Abstain) else 0.0
    return {"planner": asked.planner, "kind": asked.said, "why": asked.why, "off_s": off_s}


def _told(story: Story, calls_left: int) -> Mapping[str, Any]:
    words = words_in(story.last.trouble)
    return {**facts(story), "words": words, "model_calls_left": max(0, calls_left)}


def _asked(planner: str, answer: Answer, menu: Menu, bounds: Bounds) -> Asked:
    """What was asked and said, in a form that is safe to show."""
    if isinstance(answer, Ranking) and best(answer, menu.plans) is not None:
        why = safe(str(answer.reason), _WHY) or "ranked first"
        scores = _scores(answer.probabilities)
        sent = safe(answer.sent, _SENT)
        return Asked(planner, "ranked", why, scores, answer.model_calls, sent, answer.tokens)
    if isinstance(answer, Abstain):
        says = BY_KIND[answer.kind].says if answer.kind in BY_KIND else "it does not say why"
        why = safe(str(answer.why), _WHY) or says
        # I4: of a planner that did not return nobody knows what it has spent.
        calls = bounds.model_calls if answer.kind == "timeout" else answer.model_calls
        said, sent = safe(answer.kind, 32), safe(answer.sent, _SENT)
        return Asked(planner, said, why, (), calls, sent, answer.tokens)
    calls, tokens = (
        (answer.model_calls, answer.tokens) if isinstance(answer, Ranking) else (0, None)
    )
    return Asked(planner, "invalid", BY_KIND["invalid"].says, (), calls, tokens=tokens)


def _scores(probabilities: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    rows = [(id_, float(p)) for id_, p in probabilities.items() if is_probability(p)]
    return tuple(sorted(rows, key=lambda row: -row[1]))
