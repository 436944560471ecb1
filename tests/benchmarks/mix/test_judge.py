"""Each rule of the judge, on books written by hand."""

import json
from typing import Any

import pytest
from benchmarks.mix import judge
from benchmarks.mix.calls import MIX, Case

READ = next(case for case in MIX if case.fault == "error_before" and case.sort == "G")
KEYED = next(case for case in MIX if case.fault == "error_after" and case.sort == "K")
UNKEYED = next(case for case in MIX if case.fault == "error_after" and case.sort == "P")
DRIFTED = next(case for case in MIX if case.fault == "drifted")


def row(case: Case, at: float = 0.0, **more: Any) -> dict[str, Any]:
    return {"call": case.number, "arrived": at, "region": "us", "token": "main-1"} | more


def books(case: Case, requests: int, effects: int) -> dict[str, Any]:
    return {
        "rows": [row(case, float(n)) for n in range(requests)],
        "effects": [{"call": case.number}] * effects,
    }


def told(case: Case, *, success: bool = True, came_back: bool = True, **changed: Any) -> Any:
    body = json.dumps(case.answer | changed) if success else ""
    return {"success": success, "came_back": came_back, "body": body, "note": "n"}


def test_a_true_answer_with_one_effect_is_right() -> None:
    verdict = judge.judged(KEYED, told(KEYED), books(KEYED, 2, 1))
    assert (verdict.right, verdict.requests, verdict.why) == (True, 2, "")


@pytest.mark.parametrize(
    ("case", "heard", "seen", "why"),
    [
        (READ, told(READ, success=False), books(READ, 1, 0), "not delivered"),
        (READ, told(READ, amount=0), books(READ, 2, 0), "not the answer expected"),
        (KEYED, told(KEYED), books(KEYED, 2, 2), "2 effects instead of 1"),
        (KEYED, told(KEYED), books(KEYED, 2, 0), "0 effects instead of 1"),
        (UNKEYED, told(UNKEYED), books(UNKEYED, 1, 1), "called a success"),
        (UNKEYED, told(UNKEYED, success=False), books(UNKEYED, 2, 1), "2 requests instead of 1"),
        (READ, told(READ, success=False, came_back=False), books(READ, 1, 0), "never came back"),
    ],
)
def test_what_falls_short_is_wrong_and_says_why(
    case: Case, heard: Any, seen: Any, why: str
) -> None:
    verdict = judge.judged(case, heard, seen)
    assert not verdict.right
    assert why in verdict.why


def test_an_honest_failure_of_a_doubtful_write_is_right() -> None:
    assert judge.judged(UNKEYED, told(UNKEYED, success=False), books(UNKEYED, 1, 1)).right


@pytest.mark.parametrize(
    ("case", "heard", "effects", "is_false"),
    [
        (DRIFTED, told(DRIFTED, amount=None), 0, True),
        (DRIFTED, told(DRIFTED), 0, False),
        (KEYED, told(KEYED), 0, True),
        (UNKEYED, told(UNKEYED), 1, False),
        (DRIFTED, told(DRIFTED, success=False), 0, False),
    ],
)
def test_a_success_without_answer_or_effect_is_false(
    case: Case, heard: Any, effects: int, *, is_false: bool
) -> None:
    assert judge.judged(case, heard, books(case, 1, effects)).false_success is is_false


@pytest.mark.parametrize(
    ("binds", "second", "count"),
    [
        ("all", {"at": 4.9, "region": "eu", "token": "spare"}, 1),
        ("all", {"at": 5.0}, 0),
        ("region", {"at": 4.9}, 1),
        ("region", {"at": 4.9, "region": "eu"}, 0),
        ("token", {"at": 4.9, "region": "eu"}, 1),
        ("token", {"at": 4.9, "token": "spare"}, 0),
    ],
)
def test_a_request_is_early_only_where_the_named_time_binds_it(
    binds: str, second: dict[str, Any], count: int
) -> None:
    rows = [row(READ, 0.0, not_before=5.0, binds=binds), row(READ, **second)]
    assert judge.early(rows) == count


def test_a_call_of_which_nothing_was_heard_is_wrong() -> None:
    score = judge.scored([], {"rows": [], "effects": []})
    assert len(score.verdicts) == 80
    assert score.right == 0
    assert (score.duplicates, score.false_successes, score.early) == (0, 0, 0)
