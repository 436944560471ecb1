"""`auto`: sure heuristics, then a model, then the heuristics after all."""

from collections.abc import Mapping
from typing import Any

import pytest

from battle_healer.commands import Abstain, Ranking
from battle_healer.model import Kind, OutcomeKind, Plan
from battle_healer.planners.cascade import Cascade
from battle_healer.planners.heuristic import TABLE, Row

MENU = (
    Plan("retry", "it may help", "p1"),
    Plan("abort", "always possible", "p2", ends=OutcomeKind.FAILED),
)


class Model:
    name = "model"

    def __init__(self) -> None:
        self.asked = 0

    def rank(
        self, menu: tuple[Plan, ...], facts: Mapping[str, Any], budget_s: float
    ) -> Ranking | Abstain:
        self.asked += 1
        return Ranking({"p2": 1.0}, self.name, model_calls=1)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.kinds[0].value)
def test_a_model_is_asked_exactly_where_the_row_is_not_sure(row: Row) -> None:
    for kind in row.kinds:
        model = Model()
        answer = Cascade(model).rank(MENU, {"kind": kind.value}, 1.0)
        assert model.asked == (not row.sure)
        assert isinstance(answer, Abstain) == row.sure
        if isinstance(answer, Abstain):
            assert answer.kind == "sure"
            assert row.why in answer.why
            assert answer.model_calls == 0


def test_every_kind_has_a_row_that_says_why() -> None:
    assert {kind for row in TABLE for kind in row.kinds} == set(Kind)
    assert all(len(row.why.split()) > 4 for row in TABLE)
    assert {row.sure for row in TABLE} == {True, False}
