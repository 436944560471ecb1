"""One mock server a clock for all cells, and planners that only these tests know."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest
from tests.matrix.cells import WellScripted, planner_row

from battle_healer.guardrails import GUARDRAILS, Guardrail
from battle_healer.planners.gemini.planner import Gemini
from battle_healer.planners.table import BY_NAME, PlannerRow
from battle_healer.secret import Secret
from battle_healer.settings import GeminiSettings
from battle_healer_cli.running.control import trusted
from battle_healer_cli.running.playing import play
from battle_healer_cli.running.report import Cell, Report
from battle_healer_mock.gemini.double import MODEL
from battle_healer_mock.gemini.server import GeminiDouble
from battle_healer_mock.server import MockServer, Options
from battle_healer_scenarios.scenario import Scenario

_WARM_S = 20.0


class Stage:
    """Plays cells over real sockets; each begins at the same second of its server's clock."""

    def __init__(self) -> None:
        self._servers: dict[str, MockServer] = {}
        self._stack = ExitStack()
        self._known = dict(BY_NAME)

    def close(self) -> None:
        """Stop the servers, and forget the planners."""
        self._stack.close()
        BY_NAME.clear()
        BY_NAME.update(self._known)

    def play(
        self, scenario: Scenario, cell: Cell, guardrails: tuple[Guardrail, ...] = GUARDRAILS
    ) -> Report:
        """Play one cell on a clean server."""
        return play(scenario, self.server(scenario).url, cell, guardrails=guardrails)

    def server(self, scenario: Scenario) -> MockServer:
        """The server on which this scenario is played."""
        mode = scenario.server.clock
        if mode not in self._servers:
            server = MockServer(Options(port=0, clock=mode))
            self._servers[mode] = self._stack.enter_context(server)
        return self._servers[mode]

    def verdict(self, scenario: Scenario) -> dict[str, Any]:
        """What the server has to say of the client that was there last."""
        told = httpx2.post(self.server(scenario).url + "/verdict/close", verify=trusted())
        return dict(told.raise_for_status().json())

    def introduce(self, row: PlannerRow) -> str:
        """Make a planner known, and return its name."""
        BY_NAME[row.name] = row
        return row.name


@pytest.fixture(scope="session")
def gemini() -> Iterator[Gemini]:
    """The planner over the real SDK, which asks a double; its budgets are no bound here."""
    most = 1_000_000
    with GeminiDouble() as double:
        planner = Gemini(
            GeminiSettings(
                api_key=Secret("a-key-that-opens-nothing"),
                base_url=double.url,
                model=MODEL,
                fallback_model=MODEL,
                calls_per_minute=most,
                calls_per_day=most,
                tokens_per_minute=most,
                tokens_per_day=most,
                usd_per_minute=most,
                usd_per_day=most,
            )
        )
        assert planner.warm(_WARM_S)
        yield planner
        planner.close()


@pytest.fixture(scope="module")
def stage(gemini: Gemini) -> Iterator[Stage]:
    stage = Stage()
    stage.introduce(planner_row(WellScripted))
    stage.introduce(planner_row(lambda: gemini))
    yield stage
    stage.close()
