"""Each rule catches its bad client, and no other rule says a word."""

import pytest
from tests.mock_server.driving import Mock
from tests.mock_server.verdict.bad_clients import BAD_CLIENTS

from battle_healer_mock.verdict.table import BY_ID


@pytest.mark.parametrize("rule", BAD_CLIENTS)
def test_a_bad_client_breaks_its_rule_and_no_other(mock: Mock, rule: str) -> None:
    BAD_CLIENTS[rule](mock)
    verdict = mock.post("/verdict/close").json()
    assert [finding["id"] for finding in verdict["findings"]] == [rule], verdict["findings"]
    [finding] = verdict["findings"]
    assert finding["severity"] == BY_ID[rule].severity
    assert finding["right"] == BY_ID[rule].right
    assert finding["lines"]
    assert verdict["grade"] == ("warn" if finding["severity"] == "minor" else "fail")
    assert verdict["opportunities"][rule] >= 1
    assert verdict["open_rows"] == []
