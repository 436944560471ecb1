import asyncio
import threading
from datetime import timedelta

import pytest

from battle_healer.drivers.virtual import START, VirtualTime
from battle_healer.errors import ClosedError


def test_one_caller_never_sleeps_and_time_passes_all_the_same() -> None:
    jumps: list[float] = []
    time = VirtualTime(advance=jumps.append)
    time.wait(3600)
    time.wait(0.5)
    assert time.now() == 3600.5
    assert time.wall() == START + timedelta(seconds=3600.5)
    assert jumps == [3600, 0.5]


def test_the_clock_jumps_to_the_earliest_when_all_wait() -> None:
    jumps: list[float] = []
    time = VirtualTime(callers=3, advance=jumps.append)
    woke: list[tuple[float, float]] = []

    def live(seconds: float) -> None:
        with time.caller():
            time.wait(seconds)
            woke.append((seconds, time.now()))

    threads = [threading.Thread(target=live, args=(s,)) for s in (30.0, 10.0, 20.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert woke == [(10.0, 10.0), (20.0, 20.0), (30.0, 30.0)]
    assert jumps == [10.0, 10.0, 10.0]


def test_time_stands_still_while_one_of_them_works() -> None:
    time = VirtualTime(callers=2)
    thread = threading.Thread(target=time.wait, args=(5.0,))
    thread.start()
    assert time.now() == 0.0
    with time.caller():
        assert time.now() == 0.0
    thread.join(10)
    assert time.now() == 5.0


def test_tasks_and_threads_share_one_time() -> None:
    time = VirtualTime(callers=2)
    woke: list[str] = []

    def live() -> None:
        with time.caller():
            time.wait(2.0)
            woke.append("thread")

    async def task() -> None:
        with time.caller():
            await time.wait_async(1.0)
            woke.append("task")

    thread = threading.Thread(target=live)
    thread.start()
    asyncio.run(task())
    thread.join(10)
    assert woke == ["task", "thread"]
    assert time.now() == 2.0


def test_a_cancelled_task_no_longer_waits_and_harms_no_other() -> None:
    time = VirtualTime(callers=2)

    async def scenario() -> None:
        first = asyncio.create_task(time.wait_async(1.0))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert time.now() == 0.0
        await asyncio.gather(time.wait_async(2.0), time.wait_async(3.0), left())

    async def left() -> None:
        await asyncio.sleep(0)
        with time.caller():
            pass

    asyncio.run(scenario())
    assert time.now() == 3.0


def test_who_waits_while_a_cancelled_task_still_moves_the_clock_is_woken() -> None:
    moving, moved = threading.Event(), threading.Event()

    def advance(seconds: float) -> None:
        moving.set()
        moved.wait(10)

    async def scenario() -> None:
        first = asyncio.create_task(time.wait_async(1.0))
        await asyncio.to_thread(moving.wait, 10)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        second = asyncio.create_task(time.wait_async(2.0))
        await asyncio.sleep(0)
        moved.set()
        async with asyncio.timeout(10):
            await second

    time = VirtualTime(advance=advance)
    asyncio.run(scenario())
    assert time.now() == 2.0


def test_closing_wakes_all_who_wait() -> None:
    time = VirtualTime(callers=2)
    ended = threading.Event()

    def live() -> None:
        with pytest.raises(ClosedError):
            time.wait(1.0)
        ended.set()

    thread = threading.Thread(target=live)
    thread.start()
    time.close()
    assert ended.wait(5)
    thread.join()
    with pytest.raises(ClosedError):
        time.wait(1.0)


def test_nobody_sleeps_for_ever_when_the_other_side_is_gone() -> None:
    def gone(seconds: float) -> None:
        raise OSError("connection refused")

    with pytest.raises(OSError, match="refused"):
        VirtualTime(advance=gone).wait(1.0)
