"""The deadline bounds the whole of an exchange, however slowly its bytes come or go."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import httpx2
import pytest

from battle_healer import AsyncHealingTransport, HealingClient, HealingTransport, outcome_of
from battle_healer.rules import Bounds, CredentialRule, Destination, Region, Rules, TokenCall

DEADLINE_S = 0.3
MOST_S = 5.0
PATIENT = {"connect": 60.0, "read": 60.0, "write": 60.0, "pool": 60.0}
SHORT = {"healer": {"deadline_s": DEADLINE_S}, "timeout": PATIENT}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

Talk = Callable[[socket.socket, threading.Event], None]


class Slow:
    """A server that says what a test lets it say, on each connection, until the test ends."""

    def __init__(self, talk: Talk) -> None:
        self._talk, self._over = talk, threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "Slow":
        self._threads.append(threading.Thread(target=self._accept))
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                self._talk(connection, self._over)
            except OSError:
                return


def dripping(first: bytes, drop: bytes, pause_s: float = 0.01) -> Talk:
    """Says `first`, and then a drop after each pause, for longer than any call may take."""

    def talk(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65_536)
        connection.sendall(first)
        ends = time.monotonic() + 2 * MOST_S
        while not over.wait(pause_s) and time.monotonic() < ends:
            connection.sendall(drop)

    return talk


def dawdling(connection: socket.socket, over: threading.Event) -> None:
    """Takes a request a little at a time, so that each write gets on."""
    while not over.wait(0.01) and connection.recv(65_536):
        pass


TALKS: dict[str, Talk] = {
    "head": dripping(HEAD, b"X-Drop: 1\r\n"),
    "interim": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.0),
    "body": dripping(HEAD + b"Content-Length: 1000000\r\n\r\n", b" "),
    "upload": dawdling,
}


@pytest.fixture(params=["sync httpx2", "sync httpx", "async httpx2", "async httpx"])
def post(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Post through a healing transport under a client of either library, in real time."""
    how, _, name = request.param.partition(" ")
    module: Any = {"httpx2": httpx2, "httpx": httpx}[name]

    def blocking(url: str, body: bytes, policy: Rules | None = None) -> Any:
        with module.Client(transport=HealingTransport(policy=policy)) as client:
            return client.post(url, content=body, extensions=dict(SHORT))

    async def awaited(url: str, body: bytes, policy: Rules | None) -> Any:
        transport = AsyncHealingTransport(policy=policy)
        async with module.AsyncClient(transport=transport) as client:
            return await client.post(url, content=body, extensions=dict(SHORT))

    def in_a_loop(url: str, body: bytes, policy: Rules | None = None) -> Any:
        return asyncio.run(awaited(url, body, policy))

    return blocking if how == "sync" else in_a_loop


@pytest.mark.parametrize("what", TALKS)
def test_an_exchange_ends_with_the_deadline_whatever_drips(
    what: str, post: Callable[..., Any]
) -> None:
    body = b"x" * (60_000_000 if what == "upload" else 10)
    began = time.monotonic()
    with Slow(TALKS[what]) as slow:
        try:
            ended: object = post(slow.url, body)
        except (httpx2.TransportError, httpx.TransportError) as error:
            ended = error
    assert time.monotonic() - began < MOST_S
    assert outcome_of(ended).requests == 1


def test_the_second_call_of_an_origin_ends_with_the_deadline_too() -> None:
    """It goes out without being read, and its own time-outs fit; the bytes must be bound still."""
    whole = HEAD + b"Content-Length: 2\r\n\r\n{}"
    drips = TALKS["head"]

    def talk(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65_536)
        connection.sendall(whole)
        drips(connection, over)

    rules = Rules(bounds=Bounds(deadline_s=DEADLINE_S))
    transport = HealingTransport(policy=rules)
    with Slow(talk) as server, httpx2.Client(transport=transport, timeout=0.2) as client:
        assert client.get(server.url).json() == {}
        began = time.monotonic()
        with pytest.raises(httpx2.TransportError):
            client.get(server.url)
        assert time.monotonic() - began < MOST_S


def test_a_token_that_drips_ends_with_the_deadline_too(post: Callable[..., Any]) -> None:
    with Slow(TALKS["head"]) as server:
        main = CredentialRule("main", TokenCall("/token"))
        policy = Rules((Destination("pay", (Region("us", server.url),), (main,)),))
        began = time.monotonic()
        with pytest.raises((httpx2.TransportError, httpx.TransportError)) as caught:
            post(f"{server.url}/x", b"", policy)
        assert time.monotonic() - began < MOST_S
        assert outcome_of(caught.value).requests == 0


def test_a_stream_that_the_caller_reads_takes_as_long_as_he_likes() -> None:
    def talk(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65_536)
        connection.sendall(HEAD.replace(b"json", b"zip") + b"Content-Length: 5\r\n\r\n")
        for byte in b"bytes":
            over.wait(DEADLINE_S / 2)
            connection.sendall(bytes([byte]))
        over.wait(10)

    with (
        Slow(talk) as server,
        HealingClient(trust_env=False) as client,
        client.stream("GET", server.url, extensions=dict(SHORT)) as reply,
    ):
        assert b"".join(reply.iter_raw()) == b"bytes"
