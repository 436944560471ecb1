"""The closed menu: complete plans that the guardrails let pass, and the vetoes on the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from battle_healer.actions.action import Action
from battle_healer.guardrails import Guardrail
from battle_healer.model import Plan, Veto
from battle_healer.story import Means, Story


@dataclass(frozen=True, slots=True)
class Menu:
    """What may be done now. `abort` is always on it."""

    plans: tuple[Plan, ...]
    vetoes: tuple[Veto, ...]

    @property
    def only(self) -> Plan | None:
        """The single plan, if there is no choice to make."""
        return self.plans[0] if len(self.plans) == 1 else None

    def by_id(self, plan_id: str) -> Plan:
        """Return the plan of that id. Raises KeyError."""
        for plan in self.plans:
            if plan.id == plan_id:
                return plan
        raise KeyError(plan_id)


def compose(
    story: Story, means: Means, actions: Sequence[Action], guardrails: Sequence[Guardrail]
) -> Menu:
    """Let every action propose, drop what breaks an invariant, number the rest p1, p2, ..."""
    plans: list[Plan] = []
    vetoes: list[Veto] = []
    for action in actions:
        for plan in action.plans(story, means):
            if story.was_in_vain(plan):
                vetoes.append(Veto(plan.action, "-", "tried in this call, without success"))
                continue
            veto = _first_veto(plan, story, means, guardrails)
            if veto is None:
                plans.append(replace(plan, id=f"p{len(plans) + 1}"))
            else:
                vetoes.append(veto)
    return Menu(tuple(plans), tuple(dict.fromkeys(vetoes)))


def _first_veto(
    plan: Plan, story: Story, means: Means, guardrails: Sequence[Guardrail]
) -> Veto | None:
    for guardrail in guardrails:
        why = guardrail.objects(plan, story, means.bounds)
        if why is not None:
            return Veto(plan.action, guardrail.invariant, why)
    return None


def facts(story: Story) -> Mapping[str, Any]:
    """What a planner may know: closed words and figures, never text of the exchange (I2, I7)."""
    diagnosis, call = story.diagnosis, story.call
    return {
        "kind": diagnosis.kind.value,
        "processed": diagnosis.processed,
        "helps": diagnosis.helps,
        "credential": diagnosis.credential,
        "soft": diagnosis.soft,
        "server_wait_s": diagnosis.wait_s,
        "status": getattr(story.last.trouble, "status", None),
        "method": call.method,
        "repeatable": call.is_repeatable,
        "requests": story.requests,
        "remaining_s": round(story.remaining_s, 3),
        "regions": len(call.destination.regions),
        "credentials": len(call.destination.credentials),
        "past": [step.action for step in story.steps],
    }
