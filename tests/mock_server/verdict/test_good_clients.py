"""Well-behaved clients stay clean, whatever the server does to them."""

import asyncio
import random
import ssl
from contextlib import suppress

import httpx2
import pytest
from tests.mock_server.driving import CHARGE, Json, Mock
from tests.mock_server.verdict.combinations import METHODS, combination
from tests.mock_server.verdict.patient import Patient
from tests.support.healing import call_of, living_in, shared_time

from battle_healer import AsyncHealingClient, Policy
from battle_healer_scenarios import mock_policy_text

# Every client has connections of its own: what a fault leaves on one must not reach the switches.
PARTS = 4
PER_PART = 39
CROWD = 30
# Faults that each call of a crowd brings along look like an outage, and a breaker is right to open.
# Here the healing is judged, so it is kept from that.
CALM = "gates: {breaker: {attempts: 10000}}\n"


@pytest.fixture(scope="module")
def trusted() -> ssl.SSLContext:
    """Made once: it takes longer than a call."""
    return httpx2.create_ssl_context()


def clean(mock: Mock) -> Json:
    """The verdict after the end of the traffic, which must have found nothing."""
    verdict: Json = mock.post("/verdict/close").json()
    told = [(row["line"], row["t_in"], row["region"], row["token"], row["status"], row["fault"],
             row["told"], row["until"]) for row in mock.get("/journal").json()["rows"]]  # fmt: skip
    assert verdict["findings"] == [], (verdict["findings"], mock.rows()[0]["trigger"], told)
    return verdict


@pytest.mark.parametrize("part", range(PARTS))
def test_a_careful_client_stays_clean(mock: Mock, part: int) -> None:
    chance = random.Random(part)  # noqa: S311 - not for secrets
    mock.post("/control/clock", json={"jump": True})
    for n in range(PER_PART):
        mock.post("/control/scenario", json={"name": f"{part}-{n}"})
        method, key = METHODS[n % 3]
        tokens = [mock.token(tier="backup") for _ in range(5)]
        with Mock(mock.url) as own:
            Patient(own, method, combination(chance), key, iter(tokens), chance=chance).run()
        clean(mock)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_bare_client_that_never_sends_again_stays_clean(mock: Mock, part: int) -> None:
    chance = random.Random(part)  # noqa: S311 - not for secrets
    mock.post("/control/clock", json={"jump": True})
    for n in range(PER_PART):
        mock.post("/control/scenario", json={"name": f"{part}-{n}"})
        with Mock(mock.url) as bare:
            for call in range(3):
                token, faults = mock.token(), combination(chance)
                with suppress(httpx2.RequestError):
                    bare.call(("GET", "POST")[n % 2], faults, token=token, call=f"corr-{call}")
        clean(mock)


@pytest.mark.parametrize(
    "faults",
    [
        "flaky=0.4",
        "retryable_500*2,expired_token",
        "rate_limit=seconds:3,retryable_500",
        "region_down,ambiguous_500",
        "quota,soft_error,repair",
        "revoked_token,reset",
    ],
)
def test_a_crowd_of_healing_calls_stays_clean(
    mock: Mock, trusted: ssl.SSLContext, faults: str
) -> None:
    """They share their credentials and their clock, and heal side by side."""
    chance = random.Random(faults)  # noqa: S311 - not for secrets
    policy = Policy.parse(mock_policy_text() + CALM, base=mock.url)
    time = shared_time(mock, CROWD)
    around = living_in(time, chance)
    calls = [call_of(2 * n, mock, faults) for n in range(CROWD)]

    async def one(client: AsyncHealingClient, call: Json) -> None:
        with time.caller(), suppress(httpx2.RequestError):
            await client.request(**call)

    async def all_of_them() -> None:
        async with AsyncHealingClient(policy=policy, surroundings=around, verify=trusted) as client:
            await asyncio.gather(*(one(client, call) for call in calls))

    asyncio.run(all_of_them())
    assert sum(clean(mock)["opportunities"].values()) > CROWD


def test_a_whole_answer_is_taken_whatever_came_behind_it(mock: Mock) -> None:
    token = mock.token()
    for _ in range(2):
        mock.call("GET", "retryable_500", token=token, call="corr-1")
    with Mock(mock.url) as own:
        reply = own.call("GET", "bad_length=poison", token=token, call="corr-2")
    assert reply.json()["status"] == "operational"
    clean(mock)


def faults_of(part: int) -> str:
    return combination(random.Random(part))  # noqa: S311 - not for secrets


@pytest.mark.parametrize("part", range(20))
def test_one_correlation_id_with_two_charges_stays_clean(mock: Mock, part: int) -> None:
    mock.post("/control/clock", json={"jump": True})
    for amount, key in ((15, None), (20, None), (25, "key-1"), (30, "key-2")):
        tokens = [mock.token(tier="backup") for _ in range(5)]
        body = {**CHARGE, "amount": amount, "note": "for lunch"}
        with Mock(mock.url) as own:
            Patient(own, "POST", faults_of(part), key, iter(tokens), body=body).run()
    clean(mock)


@pytest.mark.parametrize("part", range(20))
def test_three_dependent_calls_under_one_correlation_id_stay_clean(mock: Mock, part: int) -> None:
    mock.post("/control/clock", json={"jump": True})
    for method, key, amount in (("GET", None, 0), ("POST", "key", 15), ("POST", None, 20)):
        tokens = [mock.token(tier="backup") for _ in range(5)]
        body = {**CHARGE, "amount": amount}
        with Mock(mock.url) as own:
            ending = Patient(own, method, faults_of(part), key, iter(tokens), body=body).run()
        if ending != "delivered":
            break
    clean(mock)


@pytest.mark.parametrize("part", range(20))
def test_two_equal_charges_after_a_success_stay_clean(mock: Mock, part: int) -> None:
    mock.post("/control/clock", json={"jump": True})
    for _ in range(2):
        tokens = [mock.token(tier="backup") for _ in range(5)]
        with Mock(mock.url) as own:
            ending = Patient(own, "POST", faults_of(part), None, iter(tokens)).run()
        if ending != "delivered":
            break
    clean(mock)
