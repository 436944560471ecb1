"""Every expectation of every scenario holds, for both kinds of client, over real sockets."""

from collections.abc import Iterator
from typing import get_args

import pytest

from battle_healer_cli.running.mocks import Mocks
from battle_healer_cli.running.playing import play
from battle_healer_cli.running.report import Cell, Client
from battle_healer_scenarios import loader
from battle_healer_scenarios.scenario import Scenario, Variant

# Both clients as the file is written; the other methods once, since the matrix has them all.
CELLS = [
    *(Cell("heuristic", client) for client in get_args(Client)),
    *(Cell("heuristic", "async", variant) for variant in get_args(Variant)),
]


@pytest.fixture(scope="module")
def mocks() -> Iterator[Mocks]:
    with Mocks() as running:
        yield running


@pytest.mark.parametrize("cell", CELLS, ids=str)
@pytest.mark.parametrize("scenario", loader.load_all(), ids=lambda scenario: scenario.name)
def test_every_call_ends_as_its_file_says(mocks: Mocks, scenario: Scenario, cell: Cell) -> None:
    assert play(scenario, mocks.url_for(scenario), cell).findings == ()
