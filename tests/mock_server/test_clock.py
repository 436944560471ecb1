"""The clock: manual time passes only when told, and every wait ends."""

import asyncio
import threading
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import pytest

from battle_healer_mock.clock import MANUAL_START, Clock, Mode
from battle_healer_mock.errors import BadInputError
from battle_healer_mock.state import State


def test_a_manual_clock_stands_still_until_it_is_advanced() -> None:
    clock = Clock("manual")
    assert (clock.now(), clock.now()) == (0, 0)
    assert clock.advance(2.5) == 2.5
    assert (clock.wall() - MANUAL_START).total_seconds() == 2.5


def test_the_date_header_follows_the_clock() -> None:
    clock = Clock("manual")
    clock.advance(61)
    date = parsedate_to_datetime(clock.http_date().decode())
    assert (date - MANUAL_START).total_seconds() == 61


@pytest.mark.parametrize("at_s", [0.0, 0.0004, 0.9996, 1.001, 4.35, 59.9999999, 86_400.5])
@pytest.mark.parametrize("mode", ["real", "manual"])
def test_a_stamp_is_the_wall_time_to_the_millisecond(mode: Mode, at_s: float) -> None:
    clock = Clock(mode)
    for later_s in (at_s, at_s + 0.25, at_s + 3):
        wall = clock.wall(later_s).isoformat(timespec="milliseconds")
        assert clock.stamp(later_s) == wall.replace("+00:00", "Z")


def test_a_real_clock_moves_on_by_itself() -> None:
    clock = Clock("real")
    first = clock.now()
    assert clock.now() > first


async def _until(holds: Callable[[], bool]) -> None:
    """Let the other tasks run until it holds."""
    for _ in range(100_000):
        if holds():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to hold")


async def _waits(clock: Clock) -> list[str]:
    ended: list[str] = []

    async def sleeper(seconds: float) -> None:
        in_time = await clock.wait(seconds)
        ended.append(f"{seconds:g} {in_time}")

    tasks = [asyncio.create_task(sleeper(seconds)) for seconds in (3, 1, 2)]
    await _until(lambda: clock.sleepers == 3)
    threading.Thread(target=clock.advance, args=(2,)).start()
    await _until(lambda: len(ended) == 2)
    clock.stop()
    await asyncio.gather(*tasks)
    assert await clock.wait(1) is False
    return ended


def test_sleepers_wake_in_order_and_a_stop_ends_the_rest() -> None:
    assert asyncio.run(_waits(Clock("manual"))) == ["1 True", "2 True", "3 False"]


def test_a_jumping_clock_does_not_let_anybody_wait() -> None:
    clock = Clock("manual", jumps=True)
    assert asyncio.run(clock.wait(5)) is True
    assert clock.now() == 5


def test_a_wait_on_a_real_clock_ends_with_the_stop() -> None:
    async def stopped() -> bool:
        clock = Clock("real")
        waiting = asyncio.create_task(clock.wait(3600))
        await _until(lambda: clock.sleepers == 1)
        clock.stop()
        return await waiting

    assert asyncio.run(stopped()) is False


def test_a_scenario_begins_at_the_start_of_a_manual_clock() -> None:
    state = State("42", Clock("manual"))
    state.clock.advance(90.0)
    state.load("again")
    assert state.clock.now() == 0.0
    assert state.clock.wall() == MANUAL_START


def test_a_scenario_that_is_refused_leaves_the_clock_alone() -> None:
    state = State("42", Clock("manual"))
    state.clock.advance(90.0)
    with pytest.raises(BadInputError):
        state.load("again", regions={"mars": "down"})
    assert state.clock.now() == 90.0
