"""Fifty callers at once: one step at a time, and the same canonical journal every time."""

import asyncio

import httpx2
import pytest
from tests.mock_server.driving import CHARGE, Mock

CALLERS = 50
SCENARIO = {
    "name": "storm",
    "seed": "42",
    "faults": [
        {
            "trigger": "flaky=0.4,retryable_500,repair,expired_token,schema_drift=any,"
            "too_early,empty_reply=after,truncated,malformed_chunk"
        }
    ],
}


async def _caller(http: httpx2.AsyncClient, n: int) -> int:
    """One call of its own name and token; returns how many requests it took."""
    made = await http.post("/generate-api-key", json={"userId": f"user-{n}"})
    token, body = made.json()["token"], dict(CHARGE)
    for request in range(1, 40):
        sent = {"Authorization": f"Bearer {token}", "X-Correlation-ID": f"corr-{n}"}
        sent["Idempotency-Key"] = f"key-{n}"
        try:
            reply = await http.post("/external-api", json=body, headers=sent)
        except httpx2.TransportError:
            continue
        if reply.status_code == 200:
            return request
        if reply.status_code == 401:
            answer = await http.post("/refresh-token", json={"token": token})
            token = answer.json()["token"]
        elif reply.status_code == 422:
            for error in reply.json()["errors"]:
                hint = error["hint"]
                body[hint["path"][1:]] = body.pop(hint["from"][1:])
    raise AssertionError("never delivered")


async def _storm(url: str) -> list[int]:
    async with httpx2.AsyncClient(base_url=url, timeout=30, verify=False) as http:
        return list(await asyncio.gather(*(_caller(http, n) for n in range(CALLERS))))


def test_fifty_callers_leave_the_same_canonical_journal_three_times(mock: Mock) -> None:
    seen = []
    for _ in range(3):
        mock.post("/control/scenario", json=SCENARIO)
        taken = asyncio.run(_storm(mock.url))
        seen.append((taken, mock.get("/journal?canonical=1").content))
        assert len(mock.effects()) == CALLERS
    assert seen[0] == seen[1] == seen[2]
    assert max(seen[0][0]) > 4, "chance had its say"


async def _same_key(url: str, token: str) -> list[int]:
    sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": "one"}
    async with httpx2.AsyncClient(base_url=url, timeout=30, verify=False) as http:
        sending = (http.post("/external-api", json=CHARGE, headers=sent) for _ in range(CALLERS))
        return [reply.status_code for reply in await asyncio.gather(*sending)]


def test_fifty_requests_with_one_key_have_one_effect(mock: Mock) -> None:
    statuses = asyncio.run(_same_key(mock.url, mock.token()))
    assert set(statuses) <= {200, 409}
    assert len(mock.effects()) == 1


@pytest.mark.parametrize("count", [3, 7])
def test_a_counted_fault_strikes_exactly_as_often_under_concurrency(mock: Mock, count: int) -> None:
    token = mock.token()
    sent = {
        "Authorization": f"Bearer {token}",
        "Healer-Call": "call-1",
        "X-Simulate-Failure": f"retryable_500*{count}",
    }

    async def all_at_once() -> list[int]:
        async with httpx2.AsyncClient(base_url=mock.url, timeout=30, verify=False) as http:
            sending = (http.get("/external-api", headers=sent) for _ in range(20))
            return [reply.status_code for reply in await asyncio.gather(*sending)]

    assert asyncio.run(all_at_once()).count(500) == count
    assert sorted(row["ordinal"] for row in mock.rows()) == list(range(1, 21))
