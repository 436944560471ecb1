from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from battle_healer.errors import PolicyError
from battle_healer.policy import Policy, show
from battle_healer.rules import CredentialRule, Destination, TokenCall
from battle_healer_mock import schemas
from battle_healer_mock.regions import REGIONS, path_of
from battle_healer_scenarios import mock_policy_text

ORIGIN = "http://127.0.0.1:8001"


@pytest.fixture
def mock() -> Destination:
    return Policy.parse(mock_policy_text(), "mock.yaml", base=ORIGIN).rules.destinations[0]


def without_names(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without what only names and describes it."""
    return {k: v for k, v in schema.items() if k not in ("$schema", "$id", "title", "description")}


@pytest.mark.parametrize(
    ("method", "side", "published"),
    [
        ("POST", "response_schema", schemas.CHARGE),
        ("GET", "response_schema", schemas.STATUS),
    ],
    ids=["charge", "status"],
)
def test_its_contracts_are_what_the_mock_publishes(
    mock: Destination, method: str, side: str, published: dict[str, Any]
) -> None:
    declared = getattr(mock.endpoint(method, "/external-api"), side)
    assert declared == without_names(published)


def test_its_regions_are_those_of_the_mock_that_are_up(mock: Destination) -> None:
    up = [region for region in REGIONS if region.state == "up"]
    assert [(r.name, r.url) for r in mock.regions] == [
        (region.name, (ORIGIN + path_of(region.name)).rstrip("/")) for region in up
    ]


def test_it_lives_wherever_the_mock_was_started() -> None:
    rules = Policy.parse(mock_policy_text(), base="http://localhost:4711/external-api?x=1#y").rules
    destination, region, path = rules.place("http://localhost:4711/regions/eu/external-api")
    assert (destination.name, region.name, path) == ("mock", "eu", "/external-api")


def test_it_cannot_be_used_without_an_address() -> None:
    with pytest.raises(PolicyError, match="a relative URL"):
        Policy.parse(mock_policy_text(), "mock.yaml")


def test_both_credentials_belong_to_one_account_and_only_the_spare_may_write(
    mock: Destination,
) -> None:
    main, spare = mock.credentials
    assert asked_for(main)["userId"] == asked_for(spare)["userId"]
    assert spare.scopes - main.scopes == {"charge:write"}
    assert {*asked_for(main)["scopes"]} == main.scopes
    assert {*asked_for(spare)["scopes"]} == spare.scopes


def asked_for(rule: CredentialRule) -> Mapping[str, Any]:
    """What the mock is asked for when the token is made."""
    assert isinstance(rule.source, TokenCall)
    assert rule.source.body
    return rule.source.body


def test_it_protects_the_currency_and_not_the_amount(mock: Destination) -> None:
    assert mock.endpoint("POST", "/external-api").protected == ("/currency",)


def test_it_allows_what_an_operator_would_declare(mock: Destination) -> None:
    charge = mock.endpoint("POST", "/external-api")
    assert (charge.idempotency, charge.repair, charge.adapt) == ("honoured", True, True)
    assert (mock.says_processed, mock.call_header) == (True, True)


def test_what_is_shown_of_it_parses_again(mock: Destination) -> None:
    policy = Policy.parse(mock_policy_text(), "mock.yaml", base=ORIGIN)
    again = Policy.parse(show(policy), "mock.yaml").rules
    assert again == policy.rules
    assert yaml.safe_load(show(policy))["destinations"]["mock"]["regions"][1]["url"].endswith("eu")
