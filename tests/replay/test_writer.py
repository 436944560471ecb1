"""Callers that commit for one another: shared commits, and nobody left behind."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from battle_healer_replay.writer import Writer

if TYPE_CHECKING:
    from tests.replay.conftest import Rig


def test_a_lone_caller_commits_on_its_own_thread(sqlite_rig: Rig) -> None:
    writer = Writer(sqlite_rig.open())

    def who(session: Any, items: Any) -> list[str]:
        return [threading.current_thread().name for _ in items]

    assert writer.ask(who, 1) == threading.current_thread().name


def test_who_waits_during_a_commit_shares_the_next_one(sqlite_rig: Rig) -> None:
    writer = Writer(sqlite_rig.open())
    groups: list[int] = []
    entered, go_on = threading.Event(), threading.Event()

    def keep(session: Any, items: Any) -> list[int]:
        groups.append(len(items))
        entered.set()
        assert go_on.wait(10)
        return list(items)

    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(writer.ask, keep, 0)
        assert entered.wait(10)
        others = [pool.submit(writer.ask, keep, i) for i in range(1, 9)]
        while len(writer._wishes) < 9:
            threading.Event().wait(0.001)
        go_on.set()
        assert first.result(10) == 0
        assert [other.result(10) for other in others] == list(range(1, 9))
    assert groups == [1, 8]


def test_a_leader_that_is_interrupted_leaves_the_others_to_the_next(sqlite_rig: Rig) -> None:
    writer = Writer(sqlite_rig.open())
    entered, go_on = threading.Event(), threading.Event()

    def keep(session: Any, items: Any) -> list[int]:
        if 0 in items:
            entered.set()
            assert go_on.wait(10)
            raise KeyboardInterrupt
        return list(items)

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(writer.ask, keep, 0)
        assert entered.wait(10)
        others = [pool.submit(writer.ask, keep, i) for i in (1, 2)]
        go_on.set()
        with pytest.raises(KeyboardInterrupt):
            first.result(10)
        assert [other.result(10) for other in others] == [1, 2]
    writer.close()


def test_a_follower_that_is_interrupted_leaves_the_line_and_nobody_waits_for_it(
    sqlite_rig: Rig,
) -> None:
    writer = Writer(sqlite_rig.open())
    groups: list[list[int]] = []
    entered, go_on = threading.Event(), threading.Event()

    def keep(session: Any, items: Any) -> list[int]:
        groups.append(list(items))
        entered.set()
        assert go_on.wait(10)
        return list(items)

    def interrupt() -> None:
        while len(writer._wishes) < 2:
            threading.Event().wait(0.001)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    with ThreadPoolExecutor(3) as pool:
        leader = pool.submit(writer.ask, keep, 0)
        assert entered.wait(10)
        interrupting = pool.submit(interrupt)
        with pytest.raises(KeyboardInterrupt):
            writer.ask(keep, 1)
        interrupting.result(10)
        later = pool.submit(writer.ask, keep, 2)
        go_on.set()
        assert (leader.result(10), later.result(10)) == (0, 2)
    assert groups == [[0], [2]]


def test_more_wishes_than_a_commit_takes_are_all_answered_in_order(sqlite_rig: Rig) -> None:
    writer = Writer(sqlite_rig.open())
    groups: list[int] = []

    def keep(session: Any, items: Any) -> list[int]:
        groups.append(len(items))
        return list(items)

    assert writer.ask_all(keep, list(range(600))) == list(range(600))
    assert groups == [256, 256, 88]
