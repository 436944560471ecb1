"""Five causes in one call: five requests, one refresh, one effect, each action in its place."""

import pytest
from tests.matrix.cells import CLIENTS, FILES
from tests.matrix.conftest import Stage

from battle_healer_cli.running.report import Cell, Client

SCENARIO = FILES["everything-at-once"]


@pytest.mark.parametrize("client", CLIENTS)
def test_each_cause_is_healed_in_the_order_in_which_it_shows(stage: Stage, client: Client) -> None:
    report = stage.play(SCENARIO, Cell("heuristic", client))
    (call,) = SCENARIO.calls
    assert call.trigger == "region_down,retryable_500,schema_drift,repair"
    assert call.body == {"txn_id": "broken", "amt_value": 15}
    (seen,) = report.seen
    assert seen.ended == "delivered"
    assert seen.actions == (
        "fail_over", "refresh_credential", "repair_request", "retry", "adapt_response",
    )  # fmt: skip
    # The server's side: what each request met, and where.
    assert [(row["region"], row["status"], row["fault"]) for row in report.journal] == [
        ("us", 503, "region_down"),
        ("eu", 401, None),
        ("eu", 422, "repair"),
        ("eu", 500, "retryable_500"),
        ("eu", 200, "schema_drift"),
    ]
    rows = stage.server(SCENARIO).state.journal.rows
    assert [row.status for row in rows if row.route == "/refresh-token"] == [200]
    assert len({row["token"] for row in report.journal}) == 2
    (effect,) = report.effects
    assert (effect["transactionId"], effect["amount"], effect["region"]) == ("broken", 15, "eu")
    # The caller gets the shape that was promised, and is told how it came about.
    assert seen.body["transactionId"] == "broken"
    assert seen.body["chargeId"]
    outcome = seen.outcome
    assert outcome is not None
    assert (outcome.requests, outcome.refreshes, outcome.effect) == (5, 1, "once")
    assert outcome.verified
    assert outcome.adapted
    assert all(step.reason for step in outcome.steps)
