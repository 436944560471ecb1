"""The chaos server as an object: in a thread for tests, or in the foreground for people."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import uvicorn

from battle_healer_mock.clock import Clock, Mode
from battle_healer_mock.control.app import build
from battle_healer_mock.control.scenario import load_scenario, read_scenario
from battle_healer_mock.decoy import Decoy
from battle_healer_mock.errors import PortInUseError, StartError
from battle_healer_mock.front import Front
from battle_healer_mock.state import State
from battle_healer_mock.wire import WireProtocol

_START_S: Final = 10.0
_STOP_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Options:
    """How a server starts. Port 0 takes a free one; `scenario` is the body of /control/scenario.

    jump: a manual clock moves on by itself whenever an exchange has to wait for it.
    """

    host: str = "127.0.0.1"
    port: int = 8001
    seed: str = "42"
    clock: Mode = "real"
    scenario: dict[str, Any] | None = None
    jump: bool = False


class _Uvicorn(uvicorn.Server):
    """uvicorn without its ticking: it stops when told to, not at the next tenth of a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ending = asyncio.Event()

    async def main_loop(self) -> None:
        await self.ending.wait()


class MockServer:
    """One chaos server. As a context manager it runs in a thread of its own.

    Raises BadInputError for a scenario that cannot be read, PortInUseError for a taken address.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.state = State(self.options.seed, Clock(self.options.clock, jumps=self.options.jump))
        if self.options.scenario is not None:
            load_scenario(self.state, read_scenario(self.options.scenario))
        self._socket: socket.socket | None = None
        self._decoy: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: _Uvicorn | None = None
        self._started = threading.Event()
        self._error: BaseException | None = None

    @property
    def port(self) -> int:
        """The port bound, or the one asked for before that."""
        if self._socket is None:
            return self.options.port
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """The base URL."""
        host = self.options.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def issue_token(self, user_id: str = "demo") -> str:
        """A live token that survives resets, for the start-up banner."""
        return self.state.issue_standing(user_id)

    def __enter__(self) -> Self:
        self._bind()
        self._thread = threading.Thread(target=self._run, name="mock-server", daemon=True)
        self._thread.start()
        if not self._started.wait(_START_S) or self._error is not None:
            raise StartError(
                "the server did not start", self.url, "See the cause above."
            ) from self._error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End at once: waits are cut short, connections closed, the thread joined."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)
        if self._thread is not None:
            self._thread.join(_STOP_S)

    def serve(self, on_ready: Callable[[MockServer], None] | None = None) -> None:
        """Run in the foreground until SIGINT or SIGTERM; `on_ready` is called when bound."""
        self._bind()
        with asyncio.Runner(loop_factory=self._loop_factory()) as runner:
            runner.run(self._serve(on_ready, signals=True))

    def _bind(self) -> None:
        """Take the port asked for, and a free one for another origin that leads astray."""
        self._socket = _bind(self.options.host, self.options.port)
        try:
            self._decoy = _bind(self.options.host, 0)
        except PortInUseError:
            self._socket.close()
            raise
        self.state.decoy = Decoy(self.options.host, int(self._decoy.getsockname()[1]))

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=self._loop_factory()) as runner:
                runner.run(self._serve(None, signals=False))
        except BaseException as error:  # handed to the thread that waits for the start
            self._error = error
        finally:
            self._started.set()

    @staticmethod
    def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
        try:
            import uvloop  # noqa: PLC0415 - not on every platform
        except ImportError:
            return asyncio.new_event_loop
        return uvloop.new_event_loop

    async def _serve(self, on_ready: Callable[[MockServer], None] | None, *, signals: bool) -> None:
        assert self._socket is not None  # noqa: S101 - bound by every caller
        assert self._decoy is not None  # noqa: S101 - likewise
        front = Front(self.state, build(self.state))
        config = uvicorn.Config(
            front, http=WireProtocol, ws="none", lifespan="off", log_config=None,
            log_level="critical", access_log=False, date_header=False, server_header=False,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        config.load()
        server = _Uvicorn(config)
        server.lifespan = config.lifespan_class(config)
        self._server, self._loop = server, asyncio.get_running_loop()
        if signals:
            for number in (signal.SIGINT, signal.SIGTERM):
                self._loop.add_signal_handler(number, self._end)
        await server.startup(sockets=[self._socket, self._decoy])
        self._started.set()
        if on_ready is not None:
            on_ready(self)
        await server.main_loop()
        await self._shutdown(server)

    def _end(self) -> None:
        self.state.clock.stop()
        if self._server is not None:
            self._server.ending.set()

    async def _shutdown(self, server: _Uvicorn) -> None:
        """Let running exchanges finish for a moment, then close what is left."""
        for listener in server.servers:
            listener.close()
        for connection in list(server.server_state.connections):
            connection.shutdown()
        if server.server_state.tasks:
            await asyncio.wait(list(server.server_state.tasks), timeout=0.5)
        for task in list(server.server_state.tasks):
            task.cancel()
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(2048)
    except OSError as error:
        sock.close()
        raise PortInUseError(
            f"cannot listen: {error.strerror or error}", f"{host}:{port}",
            "Take another port with --port, or --port 0 for a free one.",
        ) from error  # fmt: skip
    return sock
