"""What is told of past episodes, by the command as people type it; a kill changes nothing of it."""

import json
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.serving import Api, Said

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def failed(healer: Any) -> str:
    """A call that needed healing, made by the command; its correlation id."""
    with Api([Said(503), Said(200, {"id": "c1"})]) as api:
        assert healer("call", "GET", api.url, "-H", "X-Correlation-ID: order-7").code == 0
    return "order-7"


def test_before_the_first_episode_it_says_so_and_makes_nothing(healer: Any, elsewhere: Any) -> None:
    for asked in (["list"], ["show"]):
        ran = healer("episodes", *asked)
        assert (ran.code, ran.out.startswith("nothing is kept yet")) == (0, True)
    assert healer("episodes", "list", "--json").json == {"episodes": [], "counts": {}}
    assert not (elsewhere.parent / "home").exists()


def test_an_episode_is_listed_and_its_story_is_told(healer: Any, failed: str) -> None:
    (row,) = healer("episodes", "list", "--json").json["episodes"]
    assert (row["correlation_id"], row["outcome"], row["requests"]) == (failed, "delivered", 2)
    assert row["episode"] in healer("episodes", "list").out
    told = healer("episodes", "show", row["episode"]).out
    assert re.search(r"unavailable 503 +→ retry", told)
    assert "menu: p1 retry, p2 abort; chosen by heuristic" in told
    assert "delivered  2 requests, effect none" in told
    assert told == healer("episodes", "show").out
    events = healer("episodes", "show", "--json").json["events"]
    assert [event["event"] for event in events] == ["EPISODE_BEGUN", "STEP", "EPISODE"]


@pytest.mark.parametrize(
    ("option", "value", "found"),
    [
        ("--outcome", "delivered", 1),
        ("--outcome", "open", 0),
        ("--correlation-id", "order-7", 1),
        ("--correlation-id", "order-8", 0),
        ("--provider", "nobody", 0),
        ("--since", "1h", 1),
        ("--since", "2999-01-01", 0),
    ],
)
def test_the_list_is_narrowed(
    option: str, value: str, found: int, healer: Any, failed: str
) -> None:
    rows = healer("episodes", "list", option, value, "--json").json["episodes"]
    assert len(rows) == found


def test_an_unknown_episode_and_a_time_that_is_none_are_usage_errors(
    healer: Any, failed: str
) -> None:
    for asked in (["show", "ep-nothing"], ["list", "--since", "soon"]):
        ran = healer("episodes", *asked)
        assert (ran.code, ran.out) == (2, "")


def test_after_kill_9_what_was_known_is_told(healer: Any, spawn: Any) -> None:
    """The third request is never answered, and the process is killed while it waits."""
    third, forever = threading.Event(), threading.Event()

    def answer(seen: Any) -> Said:
        if len(api.seen) < 3:
            return Said(503)
        third.set()
        forever.wait(60)
        return Said(200)

    def known() -> list[str]:
        rows = healer("episodes", "list", "--json").json["episodes"]
        if not rows:
            return []
        events = healer("episodes", "show", "--json").json["events"]
        return [event["event"] for event in events]

    with Api(answer) as api:
        victim = spawn("call", "GET", api.url, "-H", "X-Correlation-ID: order-9")
        try:
            assert third.wait(60)
            pause = threading.Event()
            for _ in range(500):
                if known() == ["EPISODE_BEGUN", "STEP", "STEP"]:
                    break
                pause.wait(0.02)
        finally:
            victim.kill()
            forever.set()
        assert victim.wait(30) == -9
    told = healer("episodes", "show")
    assert told.code == 0
    assert "correlation id order-9" in told.out
    assert len(re.findall(r"unavailable 503 +→ retry", told.out)) == 2
    assert told.out.rstrip().endswith("in progress or cut off: nothing is known after this")
    (row,) = healer("episodes", "list", "--outcome", "open", "--json").json["episodes"]
    assert (row["correlation_id"], row["ended"]) == ("order-9", None)
    assert "open" in healer("episodes", "list").out


def test_logs_are_lines_or_objects_of_one_call(healer: Any, failed: str) -> None:
    lines = healer("logs", "--correlation-id", failed).out.splitlines()
    assert [line.split()[1] for line in lines] == ["EPISODE_BEGUN", "STEP", "EPISODE"]
    assert all(line.split()[2] == failed for line in lines)
    rows = [json.loads(line) for line in healer("logs", "--json").out.splitlines()]
    assert {row["correlation_id"] for row in rows} == {failed}
    assert all(row.keys() >= {"provider", "region", "endpoint"} for row in rows)
    assert healer("logs", "--correlation-id", "order-8").out == ""


def test_logs_follow_what_happens_until_they_are_interrupted(healer: Any, spawn: Any) -> None:
    follows = spawn("logs", "--follow")
    with Api([Said(503), Said(200)]) as api:
        healer("call", "GET", api.url, "-H", "X-Correlation-ID: order-3")
    names = [follows.stdout.readline().split()[1] for _ in range(3)]
    assert names == ["EPISODE_BEGUN", "STEP", "EPISODE"]
    follows.send_signal(2)
    assert follows.wait(30) == 130


def test_home_and_doctor_know_the_journal(healer: Any, failed: str) -> None:
    assert "journal.db" in healer("home").out
    assert "1 episode in" in healer("doctor").out
    assert healer("home", "--clear").code == 0
    assert healer("episodes", "list").out.startswith("nothing is kept yet")
