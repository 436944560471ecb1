"""The list of the mix, held against the counts that were fixed before it."""

from collections import Counter

from benchmarks.mix.calls import FORMS, MIX

COUNTS = {
    "ok": 4,
    "error_before": 12,
    "error_after": 8,
    "unavailable": 4,
    "throttle": 8,
    "quota": 4,
    "expired": 4,
    "forbidden": 2,
    "region_down": 4,
    "reset": 10,
    "cut": 2,
    "renamed": 4,
    "drifted": 4,
    "soft": 4,
    "missing": 2,
    "stall": 2,
    "gateway": 2,
}


def test_the_mix_has_eighty_calls_of_the_kinds_agreed() -> None:
    counts = Counter(case.fault.removesuffix("_before").removesuffix("_after") for case in MIX)
    counts["error_before"] = sum(case.fault == "error_before" for case in MIX)
    counts["error_after"] = counts.pop("error") - counts["error_before"]
    assert counts == COUNTS
    assert [case.number for case in MIX] == list(range(1, 81))


def test_every_kind_of_error_that_has_four_calls_is_written_in_all_four_forms() -> None:
    for fault in ("quota", "expired", "renamed", "soft", "unavailable"):
        assert {case.form for case in MIX if case.fault == fault} == set(FORMS), fault


def test_a_write_without_key_that_may_have_acted_is_right_only_as_one_request() -> None:
    doubtful = {"error_before", "error_after", "reset_before", "reset_after"}
    unkeyed = [case for case in MIX if case.sort == "P" and case.fault in doubtful]
    assert len(unkeyed) == 12
    for case in unkeyed:
        assert not case.right.delivered
        assert case.right.requests == 1
        assert case.right.effects == int(case.fault.endswith("_after"))


def test_only_a_keyed_write_carries_a_key_and_each_has_its_own() -> None:
    keys = [case.headers.get("Idempotency-Key") for case in MIX]
    assert all((key is not None) == (case.sort == "K") for key, case in zip(keys, MIX, strict=True))
    present = [key for key in keys if key]
    assert len(set(present)) == len(present)
