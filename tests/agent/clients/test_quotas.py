"""Another credential signs before a limit is hit, judged by the tokens that arrived."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import groupby
from typing import Any

import httpx2
import pytest
from tests.agent.clients.conftest import surroundings
from tests.mock_server.driving import Mock
from tests.support.healing import shared_time
from tests.support.serving import Api, Said, Seen

from battle_healer import AsyncHealingClient, HealingClient, outcome_of
from battle_healer.commands import Note
from battle_healer.drivers.virtual import VirtualTime
from battle_healer.model import OutcomeKind
from battle_healer.rules import Cost, CredentialRule, Destination, Region, Rules
from battle_healer.secret import Secret
from battle_healer_mock.server import MockServer, Options

DAY_S = 86_400.0
Calls = Callable[..., list[httpx2.Response]]


def nothing(number: int) -> None:
    """No time passes."""


@pytest.fixture(params=["sync", "async"])
def calls(request: pytest.FixtureRequest) -> Calls:
    """Calls of one client, one after another: `calls(url, n, **options)`.

    before: told the number of each call, from 1.
    """

    def blocking(
        url: str, n: int, before: Callable[[int], None] = nothing, **options: Any
    ) -> list[httpx2.Response]:
        replies = []
        with HealingClient(trust_env=False, **options) as client:
            for number in range(1, n + 1):
                before(number)
                replies.append(client.get(url))
        return replies

    def awaited(
        url: str, n: int, before: Callable[[int], None] = nothing, **options: Any
    ) -> list[httpx2.Response]:
        async def run() -> list[httpx2.Response]:
            replies = []
            async with AsyncHealingClient(trust_env=False, **options) as client:
                for number in range(1, n + 1):
                    before(number)
                    replies.append(await client.get(url))
            return replies

        return asyncio.run(run())

    return blocking if request.param == "sync" else awaited


@pytest.fixture
def mock() -> Iterator[Mock]:
    with MockServer(Options(port=0, clock="manual")) as server, Mock(server.url) as driven:
        yield driven


def rules_for(url: str, *credentials: CredentialRule) -> Rules:
    return Rules((Destination("pay", (Region("us", url),), credentials),))


def credential(name: str, token: str = "", **changes: Any) -> CredentialRule:
    return CredentialRule(name, Secret(token or name), **changes)


def runs(tokens: list[str]) -> list[tuple[str, int]]:
    return [(token, len(list(same))) for token, same in groupby(tokens)]


def test_the_cap_of_a_day_moves_calls_and_is_told(calls: Calls) -> None:
    notes: list[Note] = []
    main = credential("main", daily_calls=5, cost=Cost(0.5))
    with Api(lambda _: Said()) as api:
        rules = rules_for(api.url, main, credential("spare"))
        replies = calls(f"{api.url}/x", 8, policy=rules, on_event=notes.append)
    assert {reply.status_code for reply in replies} == {200}
    assert runs([seen.token for seen in api.seen]) == [("main", 5), ("spare", 3)]
    (note,) = notes
    assert (note.name, note.data["provider"]) == ("CREDENTIAL_QUOTA_SIGNAL", "pay")
    assert (note.data["used_calls"], note.data["estimated_cost"]) == (5, 2.5)


def test_with_every_cap_used_nothing_is_sent_and_the_reason_is_told(calls: Calls) -> None:
    with Api(lambda _: Said()) as api:
        rules = rules_for(api.url, credential("main", daily_calls=1))
        with pytest.raises(httpx2.HTTPError) as stopped:
            calls(f"{api.url}/x", 2, policy=rules, surroundings=surroundings())
    assert len(api.seen) == 1
    outcome = outcome_of(stopped.value)
    assert (outcome.kind, outcome.effect, outcome.requests) == (OutcomeKind.FAILED, "none", 0)
    assert "quota" in outcome.reason


def test_threads_use_a_day_up_to_the_last_request_and_no_further() -> None:
    def asks(client: HealingClient, url: str) -> None:
        for _ in range(5):
            with suppress(httpx2.HTTPError):
                client.get(url)

    caps = {"main": 12, "spare": 7}
    with Api(lambda _: Said()) as api:
        rules = rules_for(api.url, *(credential(n, daily_calls=cap) for n, cap in caps.items()))
        with HealingClient(policy=rules, trust_env=False) as client:
            threads = [
                threading.Thread(target=asks, args=(client, f"{api.url}/x")) for _ in range(8)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert Counter(seen.token for seen in api.seen) == caps


def test_a_resend_at_the_cap_goes_on_with_the_next_credential(calls: Calls) -> None:
    time, came = VirtualTime(), list[float]()

    def answers(seen: Seen) -> Said:
        came.append(time.now())
        return Said(503, '{"title": "down"}') if seen.token == "main" else Said()

    with Api(answers) as api:
        rules = rules_for(api.url, credential("main", daily_calls=2), credential("spare"))
        (reply,) = calls(f"{api.url}/x", 1, policy=rules, surroundings=surroundings(time))
    assert reply.status_code == 200
    assert came[0] < came[1] < came[2], "each resend after a backoff"
    assert runs([seen.token for seen in api.seen]) == [("main", 2), ("spare", 1)]


LOW = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "40", "X-RateLimit-Reset": "7200"}


def test_what_good_answers_say_is_left_moves_calls_until_the_reset(calls: Calls) -> None:
    time = VirtualTime()

    def before(number: int) -> None:
        if number == 5:
            time.wait(7200.0)

    with Api([Said(), Said(headers=LOW), *[Said()] * 4]) as api:
        rules = rules_for(api.url, credential("main"), credential("spare"))
        calls(f"{api.url}/x", 6, before, policy=rules, surroundings=surroundings(time))
    assert runs([seen.token for seen in api.seen]) == [("main", 2), ("spare", 2), ("main", 2)]


def test_a_stranger_hears_nothing_of_it(calls: Calls) -> None:
    """Who brings a token of his own says nothing about the policy's."""
    with Api(lambda _: Said(headers=LOW)) as api:
        rules = rules_for(api.url, credential("main"), credential("spare"))
        own = {"Authorization": "Bearer mine"}
        calls(f"{api.url}/x", 3, policy=rules, headers=own)
    assert runs([seen.token for seen in api.seen]) == [("mine", 3)]


def test_no_request_is_refused_for_a_quota_that_could_be_foreseen(mock: Mock, calls: Calls) -> None:
    main, spare = mock.token("main"), mock.token("spare")
    left = {main: 101, spare: 3}
    for token, remaining in left.items():
        has = mock.get("/simulate-budget", params={"token": token}).json()["quota_remaining"]
        delta = {"token": token, "quota_delta": remaining - has}
        mock.post("/simulate-budget", json=delta)
    notes: list[Note] = []
    rules = rules_for(mock.url, credential("main", main), credential("spare", spare))
    time = shared_time(mock)
    told = {"policy": rules, "surroundings": surroundings(time), "on_event": notes.append}
    calls(f"{mock.url}/external-api", 6, **told)
    journal = mock.get("/journal").json()["rows"]
    rows = [row for row in journal if row["route"] == "/external-api"]
    assert [row["status"] for row in rows] == [200] * 6
    signals = [(note.data["event"], note.data["credential"]) for note in notes]
    assert signals[0] == ("credential_near_quota", "main")
    mock.post("/verdict/close")
    assert mock.get("/verdict").json()["grade"] == "pass"
