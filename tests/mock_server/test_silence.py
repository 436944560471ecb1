"""A connection that nobody uses is closed, one in use is not; on a clock that the test moves."""

from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from battle_healer_mock.clock import Clock
from battle_healer_mock.control.app import build
from battle_healer_mock.front import Front
from battle_healer_mock.protocol import WireProtocol
from battle_healer_mock.state import State

ASKED = b"GET /external-api HTTP/1.1\r\nHost: x\r\n\r\n"
KEEP_S = 5


class Loop:
    """As much of an event loop as a protocol needs that answers on the spot."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now_s

    def call_later(self, seconds: float, call: Callable[[], None]) -> "Loop":
        self.timers.append((self.now_s + seconds, call))
        return self

    def cancel(self) -> None:
        self.timers.clear()

    def advance(self, seconds: float) -> None:
        until_s = self.now_s + seconds
        while self.timers and min(self.timers, key=lambda timer: timer[0])[0] <= until_s:
            self.timers.sort(key=lambda timer: timer[0])
            self.now_s, call = self.timers.pop(0)
            call()
        self.now_s = until_s


class Transport:
    """Keeps what is written, and knows whether it was closed."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"sockname": ("127.0.0.1", 1), "peername": ("127.0.0.1", 2)}.get(name, default)

    def is_closing(self) -> bool:
        return self.closed

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def transport() -> Transport:
    return Transport()


@pytest.fixture
def protocol(loop: Loop, transport: Transport) -> WireProtocol:
    state = State("42", Clock("manual"))
    config = uvicorn.Config(
        Front(state, build(state)), http=WireProtocol, ws="none", interface="asgi3",
        lifespan="off", proxy_headers=False, log_config=None, timeout_keep_alive=KEEP_S,
    )  # fmt: skip
    config.load()
    protocol = WireProtocol(config, ServerState(), {}, loop)  # type: ignore[arg-type] # stands in
    protocol.connection_made(transport)  # type: ignore[arg-type] # stands in
    return protocol


def test_a_silent_connection_is_closed(
    protocol: WireProtocol, loop: Loop, transport: Transport
) -> None:
    protocol.data_received(ASKED)
    loop.advance(KEEP_S - 0.1)
    assert (len(transport.written), transport.closed) == (1, False)
    loop.advance(0.2)
    assert transport.closed


def test_one_in_use_stays_open_and_has_one_timer(
    protocol: WireProtocol, loop: Loop, transport: Transport
) -> None:
    for _ in range(10):
        protocol.data_received(ASKED)
        assert len(loop.timers) == 1
        loop.advance(KEEP_S - 1)
        assert not transport.closed
    loop.advance(2)
    assert transport.closed


def test_a_lost_connection_leaves_no_timer(protocol: WireProtocol, loop: Loop) -> None:
    protocol.data_received(ASKED)
    protocol.connection_lost(None)
    assert loop.timers == []
