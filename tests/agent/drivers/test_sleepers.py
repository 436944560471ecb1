import asyncio
import threading
import time

import pytest

from battle_healer.drivers.asynchronous import AsyncSleeper
from battle_healer.drivers.blocking import Sleeper
from battle_healer.drivers.clock import SystemClock
from battle_healer.errors import ClosedError

LONG_S = 3600.0


def test_closing_wakes_a_thread_that_sleeps_for_an_hour() -> None:
    sleeper, ended = Sleeper(), threading.Event()

    def sleep() -> None:
        with pytest.raises(ClosedError):
            sleeper.wait(LONG_S)
        ended.set()

    thread = threading.Thread(target=sleep)
    thread.start()
    sleeper.close()
    assert ended.wait(5)
    thread.join()


def test_closing_wakes_tasks_of_another_loop() -> None:
    sleeper, started, ended = AsyncSleeper(), threading.Event(), threading.Event()

    async def sleep() -> None:
        asyncio.get_running_loop().call_soon(started.set)
        with pytest.raises(ClosedError):
            await sleeper.wait(LONG_S)
        ended.set()

    thread = threading.Thread(target=lambda: asyncio.run(sleep()))
    thread.start()
    assert started.wait(5)
    sleeper.close()
    assert ended.wait(5)
    thread.join()


def test_closing_goes_on_where_a_loop_ended_before_its_tasks() -> None:
    sleeper, abandoned = AsyncSleeper(), asyncio.new_event_loop()
    sleeps = sleeper.wait(LONG_S)
    task = abandoned.create_task(sleeps)
    abandoned.run_until_complete(asyncio.sleep(0))
    abandoned.close()
    sleeper.close()
    assert not task.done()
    sleeps.close()


def test_whoever_sleeps_after_the_end_is_woken_at_once() -> None:
    sleeper, later = Sleeper(), AsyncSleeper()
    sleeper.close()
    later.close()
    with pytest.raises(ClosedError):
        sleeper.wait(LONG_S)
    with pytest.raises(ClosedError):
        asyncio.run(later.wait(LONG_S))


def test_real_seconds_pass() -> None:
    clock = SystemClock()
    began, at = clock.now(), time.monotonic()
    Sleeper().wait(0.01)
    asyncio.run(AsyncSleeper().wait(0.01))
    assert 0.02 <= clock.now() - began <= time.monotonic() - at + 0.1
    assert clock.wall().tzinfo is not None
