"""Tokens over the wire: issued by seed and user, refreshed, counted, and well known."""

import pytest
from tests.mock_server.driving import CHARGE, Mock

from battle_healer_mock.server import MockServer, Options


def test_only_the_user_is_needed_for_a_token(mock: Mock) -> None:
    made = mock.post("/generate-api-key", json={"userId": "demo"}).json()
    assert made["tier"] == "primary"
    assert made["status"] == "active"
    assert made["retry_budget"] == 20
    assert made["quotas"]["daily"]["remaining"] == made["daily_call_limit"]
    assert made["ttl"] == made["expires_in"] == 3600
    assert mock.call(token=made["token"]).status_code == 200


def test_tokens_depend_on_seed_and_user_and_not_on_others(mock: Mock) -> None:
    first = [mock.token("ann"), mock.token("ann"), mock.token("bob")]
    assert len(set(first)) == 3
    mock.post("/reset")
    assert [mock.token("bob"), mock.token("ann"), mock.token("ann")] == [first[2], *first[:2]]
    mock.post("/control/scenario", json={"name": "other seed", "seed": 43})
    assert mock.token("ann") not in first


def test_a_token_expires_and_a_refresh_keeps_credential_and_account(mock: Mock) -> None:
    token = mock.token()
    mock.advance(3601)
    assert mock.call(token=token).json()["type"].endswith("token-expired")
    answer = mock.post("/refresh-token", json={"previous_token": token}).json()
    assert answer["action"] == "refreshed"
    assert mock.call(token=answer["token"]).status_code == 200


def test_a_token_nobody_issued_is_answered_with_a_fresh_credential(mock: Mock) -> None:
    assert mock.call(token="bad-token").status_code == 401
    answer = mock.post("/refresh-token", json={"token": "bad-token", "failure_status": 401}).json()
    assert answer["action"] == "issued"
    assert answer["message"]
    assert mock.call(token=answer["token"]).status_code == 200


def test_too_many_refreshes_are_throttled_with_a_wait(mock: Mock) -> None:
    token = mock.token()
    answers = [mock.post("/refresh-token", json={"token": token}) for _ in range(31)]
    assert {answer.status_code for answer in answers[:30]} == {200}
    assert answers[30].status_code == 429
    mock.advance(answers[30].json()["retry_after_seconds"])
    assert mock.post("/refresh-token", json={"token": token}).status_code == 200


def test_a_refresh_without_a_token_says_what_is_missing(mock: Mock) -> None:
    answer = mock.post("/refresh-token", json={})
    assert answer.status_code == 400
    assert "previous_token" in answer.json()["detail"]


def test_triggers_do_not_apply_to_refreshes(mock: Mock) -> None:
    sent = {"X-Simulate-Failure": "region_down*inf"}
    answer = mock.post("/refresh-token", json={"token": "x"}, headers=sent)
    assert answer.status_code == 200


def test_counters_can_be_read_and_changed_and_are_obeyed(mock: Mock) -> None:
    token = mock.token()
    mock.call(token=token)
    read = mock.get("/simulate-budget", params={"token": token}).json()
    assert (read["used_calls"], read["daily_call_limit"] - read["quota_remaining"]) == (1, 1)
    mock.post("/simulate-budget", json={"token": token, "quota_delta": -(10**7)})
    assert mock.call(token=token).json()["violated-policies"] == ["daily"]
    mock.post("/simulate-budget", json={"token": token, "quota_delta": 5})
    mock.post("/simulate-budget", json={"token": token, "call_budget_delta": -(10**7)})
    assert mock.call(token=token).status_code == 402


def test_a_quota_that_runs_low_is_announced(mock: Mock) -> None:
    token = mock.token(tier="free-tier")
    assert "ratelimit" not in mock.call(token=token).headers
    mock.post("/simulate-budget", json={"token": token, "quota_delta": -950})
    assert mock.call(token=token).headers["ratelimit"].startswith('"daily";r=48;t=')


# At the second of these, a day later less the time before is less than a day, as floats go.
@pytest.mark.parametrize("began_s", [0, 228_762.22])
def test_a_spent_quota_is_full_again_after_a_day(began_s: float) -> None:
    with MockServer(Options(port=0, clock="manual")) as server, Mock(server.url) as mock:
        mock.advance(began_s)
        token = mock.token()
        mock.post("/simulate-budget", json={"token": token, "quota_delta": -(10**7)})
        wait_s = int(mock.call(token=token).headers["retry-after"])
        mock.advance(wait_s)
        fresh = mock.post("/refresh-token", json={"token": token}).json()["token"]
        assert mock.call(token=fresh).status_code == 200


def test_an_unknown_tier_is_named_with_the_nearest(mock: Mock) -> None:
    answer = mock.post("/generate-api-key", json={"userId": "a", "tier": "bakcup"})
    assert (answer.status_code, answer.json()["nearest"]) == (400, "backup")


def test_a_reset_of_credentials_leaves_one_of_each_tier(mock: Mock) -> None:
    old = mock.token()
    answer = mock.post("/admin/reset-credentials").json()
    assert answer["total_credentials"] == 3
    assert {made["tier"] for made in answer["credentials"]} == {"primary", "backup", "free-tier"}
    assert mock.call(token=old).status_code == 401
    assert mock.call(token=answer["credentials"][1]["token"]).status_code == 200


@pytest.mark.parametrize(("token", "good"), [("spiky-token", 2), ("chatty-token", 5)])
def test_a_talkative_token_is_throttled_after_its_calls(mock: Mock, token: str, good: int) -> None:
    answers = [mock.call(token=token) for _ in range(good + 1)]
    assert [answer.status_code for answer in answers] == [200] * good + [429]
    mock.advance(int(answers[-1].headers["retry-after"]))
    assert mock.call(token=token).status_code == 200


def test_the_blocked_token_is_forbidden(mock: Mock) -> None:
    assert mock.call(token="blocked-token-001").status_code == 403


def test_no_token_is_a_challenge_without_an_error_code(mock: Mock) -> None:
    answer = mock.call()
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="mock"'


def test_no_token_stands_in_journal_or_ledger(mock: Mock) -> None:
    token = mock.token()
    mock.call(token=token)
    mock.post("/refresh-token", json={"token": token})
    mock.http.post("/external-api", json=CHARGE, headers={"Authorization": "Bearer other-secret"})
    for path in ("/journal", "/journal?canonical=1", "/ledger", "/control"):
        text = mock.get(path).text
        assert token not in text
        assert "other-secret" not in text
