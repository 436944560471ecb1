"""The same seed gives the same canonical journal, whoever comes first."""

import httpx2
import pytest
from tests.matrix.cells import CLIENTS, FILES, SCENARIOS
from tests.matrix.conftest import Stage

from battle_healer_cli.running.report import Cell, Client
from battle_healer_scenarios.scenario import Scenario

CALLERS = 50


def _journal(stage: Stage, scenario: Scenario, client: Client) -> bytes:
    report = stage.play(scenario, Cell("heuristic", client))
    assert report.findings == ()
    for own in ("token", "correlation_id"):
        assert len({row[own] for row in report.journal}) == len(report.seen)
    reply = httpx2.get(stage.server(scenario).url + "/journal?canonical=1", trust_env=False)
    return reply.raise_for_status().content


@pytest.mark.parametrize("client", CLIENTS)
def test_fifty_callers_leave_the_same_journal_three_times_in_a_row(
    stage: Stage, client: Client
) -> None:
    first, *others = (_journal(stage, FILES["storm"], client) for _ in range(3))
    assert others == [first, first]
    assert first.count(b'"route":"/external-api"') == 3 * CALLERS


def test_another_seed_leaves_another_journal(stage: Stage) -> None:
    storm = SCENARIOS["storm"]
    other = storm.model_copy(update={"server": storm.server.model_copy(update={"seed": 51})})
    assert _journal(stage, storm, "async") != _journal(stage, other, "async")
