"""Every expectation of every scenario holds, for both kinds of client, over real sockets."""

from collections.abc import Iterator
from typing import get_args

import pytest

from battle_healer_cli.running.mocks import Mocks
from battle_healer_cli.running.playing import play
from battle_healer_cli.running.report import Cell, Client
from battle_healer_scenarios import loader
from battle_healer_scenarios.scenario import Scenario, Variant

VARIANTS: tuple[Variant | None, ...] = (None, *get_args(Variant))


@pytest.fixture(scope="module")
def mocks() -> Iterator[Mocks]:
    with Mocks() as running:
        yield running


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant or "as-written")
@pytest.mark.parametrize("client", get_args(Client))
@pytest.mark.parametrize("scenario", loader.load_all(), ids=lambda scenario: scenario.name)
def test_every_call_ends_as_its_file_says(
    mocks: Mocks, scenario: Scenario, client: Client, variant: Variant | None
) -> None:
    report = play(scenario, mocks.url_for(scenario), Cell("heuristic", client, variant))
    assert report.findings == ()
