"""Without its guardrails the same loop does harm, wherever a scenario says which one matters.

A guardrail that nothing needs would be a wish; a scenario that nothing can spoil, no proof.
"""

import pytest
from tests.matrix.books import REQUESTS, Harm, harms
from tests.matrix.cells import CLIENTS, SCENARIOS, VARIANTS, asked
from tests.matrix.conftest import Stage

from battle_healer.guardrails import GUARDRAILS, Guardrail
from battle_healer.model import Plan
from battle_healer.rules import Bounds
from battle_healer.story import Story
from battle_healer_cli.running.report import Cell, Client

NAMING = [name for name, scenario in SCENARIOS.items() if scenario.guards]
EACH = [(name, invariant) for name in NAMING for invariant in SCENARIOS[name].guards]
# Who obeys the server's time is healed before any bound is reached: there I3 does for I4.
HELD_BY_I3 = {(name, "I4") for name, _ in EACH if "I3" in SCENARIOS[name].guards}


def _fuse(plan: Plan, story: Story, bounds: Bounds) -> str | None:
    return "the test has seen enough" if plan.sends and story.requests > REQUESTS + 3 else None


FUSE = Guardrail("-", "a run without bounds must end all the same", _fuse)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", NAMING)
def test_without_guardrails_a_planner_does_every_harm_that_the_scenario_names(
    stage: Stage, name: str, client: Client
) -> None:
    wanted: set[str] = {*SCENARIOS[name].guards}
    done = _harm_done(stage, name, client, (FUSE,), wanted)
    assert wanted <= {harm.invariant for harm in done}, done


@pytest.mark.parametrize(("name", "invariant"), EACH)
def test_a_guardrail_that_is_missing_alone_is_missed(
    stage: Stage, name: str, invariant: str
) -> None:
    rest = (FUSE, *(row for row in GUARDRAILS if row.invariant != invariant))
    done = _harm_done(stage, name, "async", rest, {invariant})
    is_missed = (name, invariant) not in HELD_BY_I3
    assert (invariant in {harm.invariant for harm in done}) is is_missed, done


def _harm_done(
    stage: Stage, name: str, client: Client, guardrails: tuple[Guardrail, ...], wanted: set[str]
) -> list[Harm]:
    """The harm of an evil planner in all variants, until all that is wanted was seen."""
    scenario, done = SCENARIOS[name], list[Harm]()
    for variant in reversed(VARIANTS):  # unkeyed first: nothing protects it
        calls = asked(scenario, variant)
        done += harms(stage.play(scenario, Cell("evil", client, variant), guardrails), calls)
        if wanted <= {harm.invariant for harm in done}:
            break
    return done


def test_the_guardrails_that_scenarios_name_are_most_of_them() -> None:
    named = {invariant for _, invariant in EACH}
    assert named >= {"I1", "I3", "I4", "I5", "I6"}
    assert named <= {row.invariant for row in GUARDRAILS}
