"""Where scenarios are played: a mock server that runs already, or some inside this process."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Self

from battle_healer_mock.server import MockServer, Options
from battle_healer_scenarios.scenario import Scenario


class Mocks:
    """Gives each scenario a server with the clock that it wants, started when first needed.

    url: of a server that runs already, and is used for all. As a context manager: every server
    that was started here is stopped at the end.
    """

    def __init__(self, url: str | None = None) -> None:
        self._url = url
        self._running: dict[str, MockServer] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def url_for(self, scenario: Scenario) -> str:
        """The address of a server for this scenario."""
        if self._url is not None:
            return self._url
        clock = scenario.server.clock
        if clock not in self._running:
            server = MockServer(Options(port=0, clock=clock))
            self._running[clock] = self._stack.enter_context(server)
        return self._running[clock].url
