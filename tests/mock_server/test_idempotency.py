"""Idempotency keys over the wire: one effect, one answer, and honest refusals."""

import threading

import httpx2
import pytest
from tests.mock_server.driving import CHARGE, Mock, eventually


def test_the_same_key_and_body_gives_the_first_answer_again(mock: Mock) -> None:
    token = mock.token()
    first = mock.call(token=token, key="k")
    mock.advance(10)
    second = mock.call(token=token, key='"k"', region="eu", call="another")
    assert second.json() == first.json()
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert len(mock.effects()) == 1
    assert [row["replay"] for row in mock.rows()] == [False, True]
    assert len({row["effect"] for row in mock.rows()}) == 1


def test_the_order_of_fields_does_not_make_another_body(mock: Mock) -> None:
    token = mock.token()
    mock.call(token=token, key="k")
    turned = dict(reversed(CHARGE.items()))
    assert mock.call(token=token, key="k", body=turned).status_code == 200
    assert len(mock.effects()) == 1


def test_the_same_key_with_another_body_is_refused(mock: Mock) -> None:
    token = mock.token()
    mock.call(token=token, key="k")
    answer = mock.call(token=token, key="k", body=CHARGE | {"amount": 16})
    assert (answer.status_code, mock.rows()[-1]["kind"]) == (422, "key-reused")
    assert len(mock.effects()) == 1


def test_a_key_survives_a_refresh_and_another_credential_of_the_account(mock: Mock) -> None:
    token, spare = mock.token(), mock.token(tier="backup")
    mock.call(token=token, key="k")
    fresh = mock.post("/refresh-token", json={"token": token}).json()["token"]
    for other in (fresh, spare):
        assert mock.call(token=other, key="k").headers["idempotent-replayed"] == "true"
    assert len(mock.effects()) == 1


def test_another_account_may_use_the_same_key(mock: Mock) -> None:
    mock.call(token=mock.token("ann"), key="k")
    mock.call(token=mock.token("bob"), key="k", call="corr-2")
    assert len(mock.effects()) == 2


EARLY = ["retryable_500", "region_down*1", "rate_limit", "expired_token*1", "soft_error", "repair"]


@pytest.mark.parametrize("fault", EARLY)
def test_a_failure_before_the_effect_does_not_bind_the_key(mock: Mock, fault: str) -> None:
    token = mock.token()
    mock.call(token=token, key="k", faults=fault)
    assert mock.effects() == []
    other = CHARGE | {"amount": 99}
    assert mock.call(token=token, key="k", call="corr-2", body=other).status_code == 200


def test_two_writes_without_a_key_are_two_effects_whatever_their_label(mock: Mock) -> None:
    token = mock.token()
    for _ in range(2):
        mock.call(token=token)
    assert [effect["transactionId"] for effect in mock.effects()] == ["tx-1", "tx-1"]


def test_a_key_that_is_none_is_a_400(mock: Mock) -> None:
    answer = mock.call(token=mock.token(), key="a b")
    assert answer.json()["type"].endswith("bad-idempotency-key")
    assert mock.effects() == []


def test_a_second_request_while_the_first_runs_is_told_to_wait(mock: Mock) -> None:
    token = mock.token()
    answers: list[httpx2.Response] = []

    def slow() -> None:
        with Mock(mock.url) as other:
            answers.append(other.call(token=token, key="k", faults="latency=5s"))

    first = threading.Thread(target=slow)
    first.start()
    eventually(lambda: bool(mock.get("/control/clock").json()["sleepers"]))
    busy = mock.call(token=token, key="k", call="corr-2")
    assert (busy.status_code, busy.headers["retry-after"]) == (409, "1")
    mock.advance(5)
    first.join(5)
    again = mock.call(token=token, key="k", call="corr-2")
    assert again.json() == answers[0].json()
    assert len(mock.effects()) == 1
