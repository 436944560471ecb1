"""Whose word counts that nothing was processed: nobody's, unless the policy says so (I1)."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.serving import Api, Said, Seen

from battle_healer import outcome_of
from battle_healer.rules import Destination, Region, Rules

PROBLEM = {"Content-Type": "application/problem+json"}
LIES = {
    "problem": Said(500, {"processed": False, "status": 500}, PROBLEM),
    "json": Said(500, {"processed": False}),
    "nested": Said(500, {"error": {"code": "internal", "processed": False}}),
    "header": Said(500, {}, {"X-Processed": "no"}),
    "both": Said(500, {"processed": False}, PROBLEM | {"X-Processed": "no"}),
    "text": Said(500, "processed: false", {"Content-Type": "text/plain"}),
}
EACH = pytest.mark.parametrize("lie", LIES.values(), ids=LIES)


class Ledger:
    """Every write takes effect; the first answers deny it."""

    def __init__(self, lie: Said) -> None:
        self.effects, self._lie = 0, lie

    def __call__(self, seen: Seen) -> Said:
        self.effects += 1
        return self._lie if self.effects < 3 else Said(201, {"id": self.effects})


@pytest.mark.parametrize("planner", ["heuristic", "scripted", "evil"])
@EACH
def test_an_undeclared_origin_that_denies_an_effect_gets_no_second_post(
    ask: Callable[..., Any], lie: Said, planner: str
) -> None:
    ledger = Ledger(lie)
    with Api(ledger) as api:
        reply = ask("POST", f"{api.url}/charges", json={"amount": 15}, client={"planner": planner})
        assert len(api.seen) == 1
    assert ledger.effects == 1
    assert reply.status_code == 500
    outcome = outcome_of(reply)
    assert (outcome.kind, outcome.effect, outcome.requests) == ("failed", "unknown", 1)


@EACH
def test_nor_does_a_declared_one_whose_policy_does_not_trust_it(
    ask: Callable[..., Any], lie: Said
) -> None:
    ledger = Ledger(lie)
    with Api(ledger) as api:
        rules = Rules((Destination("pay", (Region("us", api.url),)),))
        reply = ask("POST", "pay:/charges", json={"amount": 15}, client={"policy": rules})
    assert (ledger.effects, outcome_of(reply).effect) == (1, "unknown")


@pytest.mark.parametrize("lie", [LIES["problem"], LIES["header"]], ids=["problem", "header"])
def test_the_word_of_a_destination_that_the_policy_trusts_counts(
    ask: Callable[..., Any], lie: Said
) -> None:
    """Otherwise the tests above would pass where nobody reads it."""
    ledger = Ledger(lie)
    with Api(ledger) as api:
        rules = Rules((Destination("pay", (Region("us", api.url),), says_processed=True),))
        reply = ask("POST", "pay:/charges", json={"amount": 15}, client={"policy": rules})
    assert (reply.status_code, ledger.effects) == (201, 3)
