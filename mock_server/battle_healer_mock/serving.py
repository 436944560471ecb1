"""An ASGI application on sockets: in a thread for tests, or in the foreground for people."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

import uvicorn

from battle_healer_mock.errors import PortInUseError, StartError
from battle_healer_mock.protocol import WireProtocol

_START_S: Final = 10.0
_STOP_S: Final = 5.0


class _Uvicorn(uvicorn.Server):
    """uvicorn without its ticking: it stops when told to, not at the next tenth of a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ending = asyncio.Event()

    async def main_loop(self) -> None:
        await self.ending.wait()


class Serving:
    """Serves one application at a time, with a `Wire` under every request.

    build: makes the application when the serving begins. ending: called first when it ends, to
    cut short whatever waits.
    """

    def __init__(self, build: Callable[[], Any], ending: Callable[[], object]) -> None:
        self._build, self._ending = build, ending
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: _Uvicorn | None = None
        self._started = threading.Event()
        self._error: BaseException | None = None

    def start(self, sockets: Sequence[socket.socket], name: str, where: str) -> None:
        """Serve in a thread of that name. Raises StartError; `where` is the address in it."""
        self._thread = threading.Thread(target=self._run, args=(sockets,), name=name, daemon=True)
        self._thread.start()
        if not self._started.wait(_START_S) or self._error is not None:
            raise StartError(
                "the server did not start", where, "See the cause above."
            ) from self._error

    def stop(self) -> None:
        """End at once: waits are cut short, connections closed, the thread joined."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)
        if self._thread is not None:
            self._thread.join(_STOP_S)

    def foreground(self, sockets: Sequence[socket.socket], on_ready: Callable[[], object]) -> None:
        """Serve until SIGINT or SIGTERM; `on_ready` is called when requests are taken."""
        with asyncio.Runner(loop_factory=self._loop_factory()) as runner:
            runner.run(self._serve(sockets, on_ready, signals=True))

    def _run(self, sockets: Sequence[socket.socket]) -> None:
        try:
            with asyncio.Runner(loop_factory=self._loop_factory()) as runner:
                runner.run(self._serve(sockets, lambda: None, signals=False))
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

    async def _serve(
        self, sockets: Sequence[socket.socket], on_ready: Callable[[], object], *, signals: bool
    ) -> None:
        # Only our own mistakes are logged: a bare 500 without its trace would help nobody.
        config = uvicorn.Config(
            self._build(), http=WireProtocol, ws="none", interface="asgi3", lifespan="off",
            proxy_headers=False, log_config=None, log_level="error",
            access_log=False, date_header=False, server_header=False,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        config.load()
        server = _Uvicorn(config)
        server.lifespan = config.lifespan_class(config)
        self._server, self._loop = server, asyncio.get_running_loop()
        if signals:
            for number in (signal.SIGINT, signal.SIGTERM):
                self._loop.add_signal_handler(number, self._end)
        await server.startup(sockets=list(sockets))
        self._started.set()
        on_ready()
        await server.main_loop()
        await _shut_down(server)

    def _end(self) -> None:
        self._ending()
        if self._server is not None:
            self._server.ending.set()


async def _shut_down(server: _Uvicorn) -> None:
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


def url_of(host: str, port: int) -> str:
    """The base URL of a server at that address."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises PortInUseError."""
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
