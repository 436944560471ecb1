"""Every fault of the table: what the client sees, what the ledger holds, and that it heals."""

import httpx2
import pytest
from tests.mock_server.careful import Careful, Ending, is_broken
from tests.mock_server.driving import Json, Mock

from battle_healer_mock.dialects.dialect import Dialect, told_in
from battle_healer_mock.dialects.table import DIALECTS
from battle_healer_mock.fault import Fault, Stage
from battle_healer_mock.faults.table import FAULTS

METHODS = {"GET": ("GET", None), "keyed": ("POST", "key-1"), "unkeyed": ("POST", None)}
# What strikes by chance or by crowd, made certain to strike once.
CERTAIN = {"flaky": "flaky=1*1", "overload": "overload=0*1"}
# What cannot be healed in a dialect that has no room for the cure.
NEEDS_DETAILS = ("repair",)
CELLS = [
    pytest.param(fault, dialect, method, id=f"{fault.name}-{dialect.name}-{method}")
    for fault in FAULTS
    for dialect in DIALECTS
    for method in METHODS
]


def careful(mock: Mock, trigger: str, method: str, dialect: str = "problem") -> Careful:
    mock.post("/control/clock", json={"jump": True})
    verb, key = METHODS[method]
    tokens = [mock.token(), mock.token(tier="backup", scopes=["charge:write"])]
    return Careful(mock, verb, trigger, key, iter(tokens), dialect=dialect)


def strikes(fault: Fault, method: str) -> bool:
    return {"body": method != "GET", "key": method == "keyed"}.get(fault.needs or "", True)


@pytest.mark.parametrize(("fault", "dialect", "method"), CELLS)
def test_the_server_shows_the_symptom_and_the_cure_works(
    mock: Mock, fault: Fault, dialect: Dialect, method: str
) -> None:
    client = careful(mock, CERTAIN.get(fault.name, fault.name), method, dialect.name)
    ending = client.run()
    if strikes(fault, method):
        assert_the_symptom(client.replies[0], mock.rows()[0], fault, dialect, method)
    else:
        assert mock.rows()[0]["fault"] is None
    assert (ending, len(mock.effects())) == expected(fault, dialect, method)


def assert_the_symptom(
    first: httpx2.Response | None, row: Json, fault: Fault, dialect: Dialect, method: str
) -> None:
    """What the client saw, and that the journal says the same."""
    if fault.stage is Stage.ANY:
        assert row["delay_ms"] >= 100
        return
    assert (row["fault"], row["stage"], row["cure"]) == (fault.name, fault.stage, fault.heals)
    assert row["told"] == told_in(dialect, fault.status, fault.told)
    assert (row["effect"] is not None) == (fault.effect == "once" and method != "GET")
    if fault.status is None:
        assert row["end"] == "cut"
        assert first is None or is_broken(first)
        return
    assert first is not None
    # A dialect that says everything under 200 does so; what is in no dialect keeps its status.
    soft = dialect.soft and row["dialect"] is not None and fault.status >= 400
    assert first.status_code == row["status"] == (200 if soft else fault.status)


def expected(fault: Fault, dialect: Dialect, method: str) -> tuple[Ending, int]:
    """How a careful client ends, and how many effects there are then."""
    if strikes(fault, method):
        if fault.heals == "abort":
            return "no cure", 0
        if fault.name in NEEDS_DETAILS and not dialect.says_processed:
            return "no cure", 0
        if method == "unkeyed" and told_in(dialect, fault.status, fault.told) == "maybe":
            return "ambiguous", 1 if fault.effect == "once" else 0
    return "delivered", 0 if method == "GET" else 1


FORMS = [
    f"{fault.name}={form}"
    for fault in FAULTS
    for form in (fault.argument.forms if fault.argument else ())
]


@pytest.mark.parametrize("trigger", FORMS)
def test_a_keyed_write_is_delivered_once_whatever_the_argument(mock: Mock, trigger: str) -> None:
    with Mock(mock.url) as apart:  # the connection may be spoilt
        client = careful(mock, f"{trigger}*2", "keyed")
        client.mock = apart
        assert client.run() == "delivered"
    assert len(mock.effects()) == 1


@pytest.mark.parametrize("name", [fault.name for fault in FAULTS if fault.may_follow])
def test_a_fault_after_the_effect_leaves_one_effect_and_stops_an_unkeyed_write(
    mock: Mock, name: str
) -> None:
    client = careful(mock, f"{name}=after", "unkeyed")
    assert client.run() == "ambiguous"
    assert len(mock.effects()) == 1
    [row] = mock.rows()
    assert (row["stage"], row["told"], row["effect"] is not None) == (10, "maybe", True)


@pytest.mark.parametrize("value", ["rename", "retype", "unknown", "enum", "format", "any"])
def test_every_defect_of_repair_is_healed_by_its_hint(mock: Mock, value: str) -> None:
    client = Careful(mock, "POST", f"repair={value}", None, iter([mock.token()]))
    assert client.run() == "delivered"
    assert len(client.replies) == 2
    [effect] = mock.effects()
    assert (effect["transactionId"], effect["amount"]) == ("tx-1", 15)


def test_repair_does_not_fire_beyond_the_defect_that_a_body_already_has(mock: Mock) -> None:
    client = Careful(mock, "POST", "repair", None, iter([mock.token()]))
    client.body = {"txn_id": "broken", "amt_value": 15}
    assert client.run() == "delivered"
    assert [row["fault"] for row in mock.rows()] == ["repair", None]


@pytest.mark.parametrize("value", ["rename", "move", "retype"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_drifted_answer_still_holds_every_value(mock: Mock, value: str, method: str) -> None:
    token = mock.token()
    plain = mock.call(method, token=token, call="plain").json()
    drifted = mock.call(method, f"schema_drift={value}", token=token, call="drifted").json()
    assert drifted.keys() != plain.keys() or drifted != plain
    values = str(drifted)
    assert all(str(plain[name]) in values for name in plain if name != "chargeId")


def test_a_dropped_field_is_nowhere_in_the_answer(mock: Mock) -> None:
    token = mock.token()
    plain = mock.call("POST", token=token, call="plain").json()
    dropped = mock.call("POST", "schema_drift=drop", token=token, call="dropped").json()
    assert len(dropped) == len(plain) - 1


SPELLINGS = [
    "seconds",
    "date",
    "ratelimit",
    "ratelimit-reset",
    "delta",
    "epoch",
    "epoch-ms",
    "body",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_wait_is_long_enough_in_every_spelling(mock: Mock, spelling: str) -> None:
    mock.advance(0.4)  # a fraction of a second must not make the wait too short
    client = Careful(mock, "POST", f"rate_limit={spelling}:3s", None, iter([mock.token()]))
    assert client.run() == "delivered"
    assert len(client.replies) == 2
    assert 3 <= client.waits_s[0] <= 4


def test_who_comes_back_too_early_is_told_the_rest_of_the_wait(mock: Mock) -> None:
    token = mock.token()
    assert mock.call(faults="rate_limit=5s", token=token).headers["retry-after"] == "5"
    mock.advance(2)
    assert mock.call(faults="rate_limit=5s", token=token).headers["retry-after"] == "3"
    mock.advance(3)
    assert mock.call(faults="rate_limit=5s", token=token).status_code == 200


def test_a_region_heals_thirty_seconds_after_it_first_failed(mock: Mock) -> None:
    token = mock.token()
    assert mock.call(faults="region_down", token=token).headers["retry-after"] == "30"
    mock.advance(10)
    assert mock.call(faults="region_down", token=token).headers["retry-after"] == "20"
    mock.advance(20)
    assert mock.call(faults="region_down", token=token).status_code == 200


def test_a_region_that_is_down_for_ever_does_not_heal(mock: Mock) -> None:
    token = mock.token()
    mock.call(faults="region_down*inf", token=token)
    mock.advance(10_000)
    token = mock.token()
    assert mock.call(faults="region_down*inf", token=token).status_code == 503


def test_the_retry_budget_of_a_token_runs_down_to_zero(mock: Mock) -> None:
    mock.post("/control/scenario", json={"name": "short", "retry_budget": 2})
    token = mock.token()
    left = [mock.call(faults="retryable_500*3", token=token).json()["retry_budget"] for _ in "123"]
    assert left == [1, 0, 0]


def test_a_token_that_was_never_issued_has_no_retry_budget(mock: Mock) -> None:
    assert mock.call(faults="region_down", token="bad-token").json()["retry_budget"] is None


def test_a_revoked_credential_cannot_be_refreshed(mock: Mock) -> None:
    token = mock.token()
    assert mock.call(faults="revoked_token", token=token).status_code == 401
    answer = mock.post("/refresh-token", json={"token": token})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert mock.call(token=token, call="other").status_code == 401


def test_flaky_fails_at_about_the_rate_asked_for(mock: Mock) -> None:
    token = mock.token()
    for n in range(300):
        mock.call("GET", "flaky=0.3", token=token, call=f"corr-{n}")
    rate = mock.get("/control").json()["fired"]["flaky"]["rate"]
    assert 0.2 < rate < 0.4
