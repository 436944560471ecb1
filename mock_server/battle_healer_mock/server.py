"""The chaos server as an object: in a thread for tests, or in the foreground for people."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from battle_healer_mock.bounds import DEFAULT_BOUNDS, Bounds
from battle_healer_mock.clock import Clock, Mode
from battle_healer_mock.control.app import build
from battle_healer_mock.control.scenario import load_scenario, read_scenario
from battle_healer_mock.decoy import Decoy
from battle_healer_mock.errors import PortInUseError
from battle_healer_mock.front import App, Front
from battle_healer_mock.serving import Serving, bind, url_of
from battle_healer_mock.state import State

# Journal and calls are some 100,000 objects that live long and hold no cycles. Looked through
# whenever there are a quarter more of them, they stop the server for 170 ms at a time and cost
# each exchange 3 to 9 µs; so this is done ten times less often.
_FULL_COLLECTIONS: Final = 100


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
    bounds: Bounds = DEFAULT_BOUNDS


class MockServer:
    """One chaos server. As a context manager it runs in a thread of its own.

    around: gives the application that is served, from that of the mock: what has the same port.
    Raises BadInputError for a scenario that cannot be read, PortInUseError for a taken address.
    """

    def __init__(
        self, options: Options | None = None, around: Callable[[App], App] | None = None
    ) -> None:
        self.options = options or Options()
        clock = Clock(self.options.clock, jumps=self.options.jump)
        self.state = State(self.options.seed, clock, self.options.bounds)
        if self.options.scenario is not None:
            load_scenario(self.state, read_scenario(self.options.scenario))
        self._sockets: list[socket.socket] = []
        self._around = around
        self._serving = Serving(self._application, self.state.clock.stop)

    @property
    def port(self) -> int:
        """The port bound, or the one asked for before that."""
        if not self._sockets:
            return self.options.port
        return int(self._sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """The base URL."""
        return url_of(self.options.host, self.port)

    def issue_token(self, user_id: str = "demo") -> str:
        """A live token that survives resets, for the start-up banner."""
        return self.state.issue_standing(user_id)

    def __enter__(self) -> Self:
        self._bind()
        self._serving.start(self._sockets, "mock-server", self.url)
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
        self._serving.stop()

    def serve(self, on_ready: Callable[[MockServer], None] | None = None) -> None:
        """Run in the foreground until SIGINT or SIGTERM; `on_ready` is called when bound."""
        self._bind()
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, _FULL_COLLECTIONS)
        gc.freeze()
        self._serving.foreground(self._sockets, lambda: on_ready and on_ready(self))

    def _application(self) -> App:
        front = Front(self.state, build(self.state))
        return front if self._around is None else self._around(front)

    def _bind(self) -> None:
        """Take the port asked for, and a free one for another origin that leads astray."""
        self._sockets = [bind(self.options.host, self.options.port)]
        try:
            self._sockets.append(bind(self.options.host, 0))
        except PortInUseError:
            self._sockets.pop().close()
            raise
        self.state.decoy = Decoy(self.options.host, int(self._sockets[1].getsockname()[1]))
