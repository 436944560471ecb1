"""Each rule catches its bad client, and no other rule says a word."""

import pytest
from tests.mock_server.driving import Mock
from tests.mock_server.verdict.bad_clients import BAD_CLIENTS, OTHER_WAYS, Client

from battle_healer_mock.verdict.table import BY_ID

EVERY = [*BAD_CLIENTS.items(), *OTHER_WAYS]


@pytest.mark.parametrize(
    ("rule", "client"), EVERY, ids=[f"{rule}-{client.__name__}" for rule, client in EVERY]
)
def test_a_bad_client_breaks_its_rule_and_no_other(mock: Mock, rule: str, client: Client) -> None:
    client(mock)
    verdict = mock.post("/verdict/close").json()
    assert [finding["id"] for finding in verdict["findings"]] == [rule], verdict["findings"]
    [finding] = verdict["findings"]
    assert finding["severity"] == BY_ID[rule].severity
    assert finding["right"] == BY_ID[rule].right
    assert finding["lines"]
    assert verdict["grade"] == ("warn" if finding["severity"] == "minor" else "fail")
    assert verdict["opportunities"][rule] >= 1
    assert verdict["open_rows"] == []
