"""One refresh for everybody who holds the refused token: threads and loops, over sockets."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.support.serving import Api, Said, Seen

from battle_healer import AsyncHealingTransport, HealingClient, HealingTransport
from battle_healer.clients.engine import Engine
from battle_healer.rules import CredentialRule, Destination, Region, Rules, TokenCall
from battle_healer.secret import Secret

THREADS, LOOPS, TASKS = 100, 3, 300


class TokenApi:
    """Refuses the token `old`, and hands out one new token after another."""

    def __init__(self) -> None:
        self.handed_out = 0
        self._lock = threading.Lock()

    def __call__(self, seen: Seen) -> Said:
        if seen.path == "/refresh":
            with self._lock:
                self.handed_out += 1
                return Said(200, {"token": f"new-{self.handed_out}"})
        good = seen.token.startswith("new-")
        return Said(200 if good else 401, {"token": seen.token})


def rules_for(url: str) -> Rules:
    main = CredentialRule("main", Secret("old"), refresh=TokenCall("/refresh"))
    return Rules((Destination("pay", (Region("us", url),), (main,)),))


def test_a_thousand_callers_in_threads_and_loops_make_one_refresh() -> None:
    answers = TokenApi()
    statuses: list[int] = []
    with Api(answers) as api:
        engine = Engine(rules_for(api.url))
        limits = httpx2.Limits(max_connections=20)
        start = threading.Barrier(THREADS + LOOPS)
        shared = HealingTransport(httpx2.HTTPTransport(limits=limits), engine=engine)

        def one_thread() -> None:
            start.wait()
            with httpx2.Client(transport=_Open(shared), timeout=30) as client:
                statuses.append(client.get(f"{api.url}/things").status_code)

        def one_loop() -> None:
            async def run() -> None:
                inner = httpx2.AsyncHTTPTransport(limits=limits)
                transport = AsyncHealingTransport(inner, engine=engine)
                async with httpx2.AsyncClient(transport=transport, timeout=30) as client:
                    start.wait()
                    calls = (client.get(f"{api.url}/things") for _ in range(TASKS))
                    statuses.extend(r.status_code for r in await asyncio.gather(*calls))

            asyncio.run(run())

        threads = [threading.Thread(target=one_thread) for _ in range(THREADS)]
        threads += [threading.Thread(target=one_loop) for _ in range(LOOPS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        shared.close()
        assert answers.handed_out == 1
    assert statuses == [200] * (THREADS + LOOPS * TASKS)


class _Open(httpx2.BaseTransport):
    """Lends a transport to many clients, none of which closes it."""

    def __init__(self, lent: httpx2.BaseTransport) -> None:
        self._lent = lent

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._lent.handle_request(request)


def test_a_refresh_needs_no_second_connection_of_a_full_pool(around: Callable[..., Any]) -> None:
    with Api(TokenApi()) as api:
        with HealingClient(
            policy=rules_for(api.url),
            limits=httpx2.Limits(max_connections=1),
            timeout=httpx2.Timeout(5, pool=1),
            trust_env=False,
            surroundings=around(),
        ) as client:
            assert client.get("pay:/things").status_code == 200
        assert api.connections == 1


def test_a_cancelled_refresh_is_taken_over_by_a_caller_that_waits() -> None:
    arrived, released, joined = threading.Event(), threading.Event(), threading.Event()
    answers = TokenApi()

    def slow_at_first(seen: Seen) -> Said:
        if seen.path == "/refresh" and not arrived.is_set():
            arrived.set()
            released.wait(10)
        elif arrived.is_set():
            joined.set()
        return answers(seen)

    async def run(url: str) -> int:
        transport = AsyncHealingTransport(policy=rules_for(url))
        async with httpx2.AsyncClient(transport=transport) as client:
            leader = asyncio.create_task(client.get(f"{url}/things"))
            await asyncio.to_thread(arrived.wait, 10)
            follower = asyncio.create_task(client.get(f"{url}/things"))
            await asyncio.to_thread(joined.wait, 10)
            leader.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leader
            released.set()
            return (await follower).status_code

    with Api(slow_at_first) as api:
        assert asyncio.run(run(api.url)) == 200
        assert len(api.at("/refresh")) == 2


def test_a_callers_own_token_is_refreshed_and_never_given_to_others(
    around: Callable[..., Any],
) -> None:
    with Api(TokenApi()) as api:
        with HealingClient(
            policy=rules_for(api.url), trust_env=False, surroundings=around()
        ) as client:
            mine = client.get("pay:/things", headers={"Authorization": "Bearer mine"})
            again = client.get("pay:/things", headers={"Authorization": "Bearer mine"})
            other = client.get("pay:/things", headers={"Authorization": "Bearer other"})
        assert [r.json()["token"] for r in (mine, again, other)] == ["new-1", "new-1", "new-2"]
        refreshed = [seen.json for seen in api.at("/refresh")]
        assert refreshed == [
            {"token": "mine", "failure_status": 401},
            {"token": "other", "failure_status": 401},
        ]
        # A refresh goes beside the call: no key, no correlation, no credential of its own.
        assert "authorization" not in api.at("/refresh")[0].headers
