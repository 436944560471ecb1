"""I1 to I7 over random courses, and for each guardrail the course that needs it."""

from collections.abc import Callable

import pytest
from hypothesis import Phase, given, settings
from tests.properties.harms import HARMS
from tests.properties.world import Drawn, courses, played
from tests.support.building import without
from tests.support.sizes import PROPERTY_EXAMPLES

from battle_healer.guardrails import GUARDRAILS, Guardrail

IN_ORDER = settings(
    max_examples=2000, deadline=None, database=None, derandomize=True, phases=[Phase.generate]
)
EACH = pytest.mark.parametrize("row", GUARDRAILS, ids=lambda row: row.invariant)


def property_of(
    row: Guardrail, guardrails: tuple[Guardrail, ...], how: settings
) -> Callable[[], None]:
    """The property of one invariant, under these guardrails."""

    @how
    @given(courses())
    def holds(drawn: Drawn) -> None:
        harm = HARMS[row.invariant](played(drawn, guardrails))
        assert harm is None, f"{row.invariant}: {harm}"

    return holds


@pytest.mark.soak
@EACH
def test_no_course_and_no_planner_breaks_an_invariant(row: Guardrail) -> None:
    many = settings(max_examples=PROPERTY_EXAMPLES.now, deadline=None)
    property_of(row, GUARDRAILS, many)()


@EACH
def test_without_its_guardrail_an_invariant_is_broken(row: Guardrail) -> None:
    """The same property turns red, so it is this guardrail that upholds it."""
    with pytest.raises(AssertionError, match=f"^{row.invariant}: "):
        property_of(row, without(row.invariant), IN_ORDER)()


def test_every_guardrail_has_its_property() -> None:
    assert list(HARMS) == [row.invariant for row in GUARDRAILS]
