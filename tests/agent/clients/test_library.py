"""One transport under clients of both libraries, and how an exchange broke."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import httpx2
import pytest
from tests.support.serving import Api, Said

from battle_healer import AsyncHealingTransport, HealingClient, HealingTransport, outcome_of
from battle_healer.clients.library import library_of
from battle_healer.errors import UsageError
from battle_healer.model import OutcomeKind


def request_of(module: Any) -> Any:
    return module.Request("GET", "http://api.example/")


@pytest.mark.parametrize("module", [httpx2, httpx], ids=["httpx2", "httpx"])
def test_a_client_of_either_library_is_healed(module: Any, around: Callable[..., Any]) -> None:
    with Api([Said(503), Said(200, {"a": 1})]) as api:
        transport = HealingTransport(surroundings=around())
        with module.Client(transport=transport) as client:
            reply = client.get(api.url)
        assert (type(reply), reply.json()) == (module.Response, {"a": 1})
        assert reply.elapsed.total_seconds() >= 0
        assert outcome_of(reply).requests == 2


@pytest.mark.parametrize("module", [httpx2, httpx], ids=["httpx2", "httpx"])
def test_an_async_client_of_either_library_is_healed(
    module: Any, around: Callable[..., Any]
) -> None:
    async def run(url: str) -> Any:
        transport = AsyncHealingTransport(surroundings=around())
        async with module.AsyncClient(transport=transport) as client:
            return await client.get(url)

    with Api([Said(503), Said(200, {"a": 1})]) as api:
        reply = asyncio.run(run(api.url))
    assert (type(reply), outcome_of(reply).requests) == (module.Response, 2)


@pytest.mark.parametrize("module", [httpx2, httpx], ids=["httpx2", "httpx"])
def test_each_library_raises_its_own_exceptions(module: Any, around: Callable[..., Any]) -> None:
    with Api([None]) as api:
        transport = HealingTransport(surroundings=around())
        with (
            module.Client(transport=transport) as client,
            pytest.raises(module.RemoteProtocolError) as caught,
        ):
            client.post(api.url, json={})
    assert outcome_of(caught.value).kind is OutcomeKind.FAILED


PHASES = [
    ("ConnectError", "connect", False),
    ("ConnectTimeout", "connect", True),
    ("PoolTimeout", "connect", True),
    ("ProxyError", "connect", False),
    ("WriteError", "send", False),
    ("WriteTimeout", "send", True),
    ("ReadTimeout", "wait", True),
    ("ReadError", "wait", False),
    ("RemoteProtocolError", "wait", False),
    ("CloseError", "wait", False),
]


@pytest.mark.parametrize("module", [httpx2, httpx], ids=["httpx2", "httpx"])
@pytest.mark.parametrize(("name", "phase", "late"), PHASES, ids=[row[0] for row in PHASES])
def test_an_exception_tells_how_far_the_exchange_had_come(
    module: Any, name: str, phase: str, late: bool
) -> None:
    error = getattr(module, name)("broken")
    lost = library_of(request_of(module)).lost(error)
    assert lost is not None
    assert (lost.phase, lost.timed_out, lost.handle) == (phase, late, error)


def test_a_handshake_that_fails_is_told_apart() -> None:
    error = httpx2.ConnectError("certificate verify failed")
    error.__cause__ = OSError()
    error.__cause__.__context__ = ssl.SSLCertVerificationError()
    lost = library_of(request_of(httpx2)).lost(error)
    assert lost is not None
    assert lost.phase == "tls"


@pytest.mark.parametrize("name", ["UnsupportedProtocol", "LocalProtocolError"])
def test_a_mistake_of_the_request_is_raised_once_as_it_is(name: str) -> None:
    error = getattr(httpx2, name)("mine")

    class Refusing(httpx2.BaseTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            raise error

    transport = HealingTransport(Refusing())
    with httpx2.Client(transport=transport) as client, pytest.raises(type(error)) as caught:
        client.get("http://api.example/")
    assert caught.value is error
    assert outcome_of(error).kind is OutcomeKind.FAILED


def test_a_request_of_another_library_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be healed"):
        library_of(object())  # type: ignore[arg-type] # that is the point


def test_the_request_class_of_a_program_counts_as_its_librarys() -> None:
    class Mine(httpx2.Request):
        pass

    assert library_of(Mine("GET", "http://a.example")) is library_of(request_of(httpx2))


def test_mounts_are_chosen_for_each_attempts_own_address() -> None:
    def mounted(name: str) -> httpx2.MockTransport:
        return httpx2.MockTransport(lambda request: httpx2.Response(200, json={"by": name}))

    with HealingClient(
        transport=mounted("default"), mounts={"all://api.example": mounted("mount")}
    ) as client:
        assert client.get("http://api.example/").json() == {"by": "mount"}
        assert client.get("http://other.example/").json() == {"by": "default"}


def test_a_proxy_is_used_as_a_bare_client_would(around: Callable[..., Any]) -> None:
    with Api([Said(503), Said(200, {"a": 1})]) as proxy:
        with HealingClient(proxy=proxy.url, surroundings=around()) as client:
            assert client.get("http://api.example/things").json() == {"a": 1}
        assert [seen.path for seen in proxy.seen] == ["http://api.example/things"] * 2
        assert proxy.seen[0].headers["host"] == "api.example"


def test_redirects_auth_and_hooks_work_as_in_a_bare_client(around: Callable[..., Any]) -> None:
    seen_by_hook: list[int] = []
    with Api([Said(302, {}, {"Location": "/next"}), Said(200, {"a": 1})]) as api:
        with HealingClient(
            follow_redirects=True,
            auth=("u", "p"),
            base_url=api.url,
            trust_env=False,
            event_hooks={"response": [lambda reply: seen_by_hook.append(reply.status_code)]},
            surroundings=around(),
        ) as client:
            reply = client.get("/first")
        assert [s.path for s in api.seen] == ["/first", "/next"]
        assert {s.headers["authorization"] for s in api.seen} == {"Basic dTpw"}
    assert seen_by_hook == [302, 200]
    assert outcome_of(reply).requests == 1


def test_what_is_chained_above_gets_the_same_exception_types_from_a_custom_transport() -> None:
    class Odd(httpx2.BaseTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            raise ZeroDivisionError

    with (
        httpx2.Client(transport=HealingTransport(Odd())) as client,
        pytest.raises(ZeroDivisionError),
    ):
        client.get("http://api.example/")
