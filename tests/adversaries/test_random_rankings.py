"""Facts, upstream bytes and rankings at random: the server's own ledger shows no harm."""

from collections import Counter

import pytest
from tests.adversaries.lots import run
from tests.support.sizes import RANDOM_RANKINGS

SLICE = range(RANDOM_RANKINGS.part)
# Read here, since tests of this folder run without the settings of whoever runs them.
ALL = range(RANDOM_RANKINGS.now)


@pytest.mark.soak
def test_a_planner_that_ranks_at_random_does_no_harm() -> None:
    harmful, seen = [], Counter[str]()
    for number in ALL:
        it = run(number)
        if it.harm:
            harmful.append(f"run {number}: {it.harm}")
        if it.ending is not None:
            seen[it.ending.outcome.kind.value] += 1
        seen["asked"] += it.asked
    assert not harmful, f"{len(harmful)} runs\n" + "\n".join(harmful[:9])
    assert set(seen) >= {"delivered", "queued", "failed", "asked"}, seen
    assert seen["asked"] > len(ALL) / 2, "hardly anything was left to the planner"


def test_without_guardrails_the_same_runs_do_harm() -> None:
    assert {harm[:2] for number in SLICE for harm in run(number, ()).harm} >= {
        "I1", "I2", "I3", "I4", "I5", "I6"
    }  # fmt: skip


def test_a_number_is_all_that_is_needed_to_see_a_run_again() -> None:
    assert run(7).ledger.arrivals == run(7).ledger.arrivals
