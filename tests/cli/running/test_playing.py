"""Playing: dependent calls, overrides, chance, and time in stages."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from battle_healer.ids import correlation
from battle_healer_cli.complaints import UsageError
from battle_healer_cli.running.dice import Dice
from battle_healer_cli.running.mocks import Mocks
from battle_healer_cli.running.playing import play
from battle_healer_cli.running.policies import rules_for
from battle_healer_cli.running.staged_time import StagedTime
from battle_healer_scenarios import loader
from battle_healer_scenarios.reading import parse

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_call_whose_forerunner_failed_is_never_made() -> None:
    text = loader.text("pipeline").replace(
        '"region_down@us,region_down@eu"', '"region_down@us*inf,region_down@eu*inf"'
    )
    scenario = parse(text, "pipeline.yaml")
    with Mocks() as mocks:
        report = play(scenario, mocks.url_for(scenario))
    assert [seen.ended for seen in report.seen] == ["delivered", "failed", "skipped"]
    assert {row["correlation_id"] for row in report.journal} == {"reserve", "pay"}


def test_an_override_of_an_endpoint_that_does_not_exist_is_refused() -> None:
    text = loader.text("stale-cache").replace("status: {degrade", "statuss: {degrade")
    with pytest.raises(UsageError, match="no endpoint 'statuss'"):
        rules_for(parse(text, "stale-cache.yaml"), "http://127.0.0.1:1")


def test_dice_do_not_care_who_asks_first() -> None:
    def drawn(order: list[str]) -> dict[str, list[float]]:
        dice = Dice("7")
        seen: dict[str, list[float]] = {}
        for call in order:
            with correlation(call):
                seen.setdefault(call, []).append(dice.chance())
        return seen

    assert drawn(["a", "b", "a", "b"]) == drawn(["b", "b", "a", "a"])
    assert len({*drawn(["a", "a", "b", "b"])["a"], *drawn(["b", "b"])["b"]}) == 4


def test_dice_of_another_seed_fall_otherwise() -> None:
    assert Dice("7").bits(74) != Dice("8").bits(74)
    assert Dice("7").bits(74) < 2**74
    assert 0 <= Dice("7").chance() < 1


def test_time_goes_on_from_stage_to_stage_and_jumps_only_when_all_wait() -> None:
    told: list[float] = []
    time = StagedTime(told.append, START)
    time.begin(1)
    time.wait(5)
    time.begin(2)
    other = threading.Thread(target=time.wait, args=(3,))
    other.start()
    time.wait(2)
    with time.caller():
        pass
    other.join(10)
    assert not other.is_alive()
    assert told == [5, 2, 1]
    assert time.now() == 8
    assert (time.wall() - START).total_seconds() == 8
