"""What `verified` says: that an answer was held to its contract, and nothing else."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.support.serving import Api, Said

from battle_healer import Outcome, outcome_of
from battle_healer.model import OutcomeKind
from battle_healer.rules import Bounds, Destination, Endpoint, Region, Rules

Ask = Callable[..., httpx2.Response]

CONTRACT = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
GOOD = Said(200, {"id": "c1"})
LONG = b'{"id": "' + b"a" * 1_100_000 + b'"}'
JSON = {"Content-Type": "application/json"}


def ended(
    ask: Ask, said: list[Said], method: str = "GET", schema: Any = CONTRACT, **bounds: Any
) -> Outcome:
    """How a call ends that is answered so."""
    thing = Endpoint("thing", "* /thing", response_schema=schema)
    with Api(list(said)) as api:
        where = Destination("pay", (Region("us", api.url),), (), (thing,))
        policy = Rules((where,), Bounds(**bounds))
        return outcome_of(ask(method, "pay:/thing", client={"policy": policy}))


@pytest.mark.parametrize("before", [[], [Said(503, {})]], ids=["clean", "healed"])
def test_an_answer_that_meets_its_contract_is_verified(ask: Ask, before: list[Said]) -> None:
    outcome = ended(ask, [*before, GOOD])
    assert (outcome.verified, outcome.healed) == (True, bool(before))


@pytest.mark.parametrize("before", [[], [Said(503, {})]], ids=["clean", "healed"])
@pytest.mark.parametrize(
    ("said", "bounds"),
    [
        (Said(200, b"\x89PNG", {"Content-Type": "image/png"}), {}),
        (Said(200, LONG, JSON), {}),
        (Said(200, LONG, JSON), {"body_bytes": 4_000_000}),
    ],
    ids=["another type", "too long", "longer than what is looked at"],
)
def test_an_answer_that_nobody_looked_at_is_not_verified(
    ask: Ask, before: list[Said], said: Said, bounds: dict[str, Any]
) -> None:
    outcome = ended(ask, [*before, said], **bounds)
    assert outcome.kind is OutcomeKind.DELIVERED
    assert (outcome.verified, outcome.healed) == (False, False)


@pytest.mark.parametrize("before", [[], [Said(503, {})]], ids=["clean", "healed"])
def test_where_nothing_can_be_held_to_a_contract_nothing_is_said(
    ask: Ask, before: list[Said]
) -> None:
    assert ended(ask, [*before, GOOD], schema=None).verified is None
    assert ended(ask, [*before, Said(204, b"")], "DELETE").verified is None


@pytest.mark.parametrize("body", [b"", b'{"id": "c1'], ids=["empty", "not JSON, though it says so"])
def test_a_write_whose_answer_is_useless_was_delivered_all_the_same(ask: Ask, body: bytes) -> None:
    outcome = ended(ask, [Said(201, body, JSON)], "POST")
    assert (outcome.kind, outcome.verified) == (OutcomeKind.DELIVERED, False)
    assert (outcome.effect, outcome.requests) == ("once", 1)
