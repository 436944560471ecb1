"""Resends of all calls together: what a budget allows is clean, and what helps is not counted."""

from typing import Any

import pytest
from tests.mock_server.verdict.handmade import Handmade

ALLOWED = 100 + 100 // 5


def crowd(in_vain: int, *, calls: int = 100, gap_s: float = 0.05, **resend: Any) -> Handmade:
    """So many calls, and resends of as many of them as needed, evenly in time."""
    made = Handmade()
    trouble = {"fault": "retryable_500", "kind": "internal-error", "status": 500, "told": "no"}
    for n in range(calls + in_vain):
        facts = trouble | (resend if n >= calls else {})
        at_s = n * gap_s
        made.row("GET", call=f"call-{n % calls}", ordinal=1 + n // calls, t_in=at_s,
                 t_headers=at_s, t_out=at_s, **facts)  # fmt: skip
    return made


@pytest.mark.parametrize(
    "made",
    [crowd(ALLOWED + 1, gap_s=0.04), crowd(2 * ALLOWED, calls=3 * ALLOWED, gap_s=0.02)],
    ids=["one more than a budget", "once for each call"],
)
def test_more_resends_in_vain_than_any_budget_allows_are_a_storm(made: Handmade) -> None:
    assert "V06" in made.broken


@pytest.mark.parametrize(
    "made",
    [
        crowd(ALLOWED, gap_s=0.04),
        crowd(2 * ALLOWED, gap_s=0.25),
        crowd(2 * ALLOWED, fault=None, kind=None, status=200, told="yes"),
        crowd(2 * ALLOWED, calls=3 * ALLOWED, gap_s=0.02, fault="flaky"),
        crowd(2 * ALLOWED, calls=3 * ALLOWED, gap_s=0.02, region="eu"),
        crowd(2 * ALLOWED, gap_s=0.0),
    ],
    ids=["within a budget", "slowly", "healed", "met another fault", "elsewhere", "without time"],
)
def test_what_is_no_storm_is_not_called_one(made: Handmade) -> None:
    assert "V06" not in made.broken


def test_resends_at_the_time_that_the_server_named_are_no_storm() -> None:
    made = crowd(2 * ALLOWED)
    for row in made.journal.rows:
        row.until = row.t_in
    assert "V06" not in made.broken
