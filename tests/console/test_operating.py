"""The queue as a whole over HTTP: figures, pauses, health, and a queue that cannot be asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.console.conftest import Console

from battle_healer_replay import Queue
from battle_healer_replay.errors import UnavailableError
from battle_healer_replay.operations.claim import Wish
from battle_healer_replay.sqlite.engine import SqliteEngine, SqliteSession

PAY = {"scope": "destination", "name": "pay"}
ADA = {"by": "ada", "why": "maintenance"}


def claimed(console: Console) -> list[str]:
    return [claim.entry.id for claim in console.queue.claim(Wish("w", 30.0, 9)).claims]


def test_the_status_tells_the_figures_of_the_moment(either: Console) -> None:
    either.entry()
    either.dead()
    either.entry(method="PUT")
    told = either.call("GET", "/queue-status").json()
    assert (told["queued"], told["dead"], told["dead_recent"], told["undecided"]) == (1, 2, 2, 1)
    assert (told["running"], told["succeeded"], told["in_per_minute"]) == (0, 0, 3)
    assert told["oldest_s"] >= 0
    assert told["paused"] == []


@pytest.mark.parametrize(
    ("scope", "name"), [("destination", "pay"), ("queue", "charges"), ("tenant", "acme")]
)
def test_nothing_of_what_is_paused_is_sent_until_it_is_resumed(
    either: Console, scope: str, name: str
) -> None:
    held = either.entry(method="PUT", tenant="acme", queue="charges")
    free = either.entry(method="PUT", url="https://frank.example/x")
    told = either.call("POST", "/queue-pause", {"scope": scope, "name": name} | ADA)
    (paused,) = told.json()["paused"]
    assert (told.status_code, paused["scope"], paused["name"]) == (200, scope, name)
    assert (paused["who"], paused["why"], paused["until_ms"]) == ("ada", "maintenance", None)
    assert either.call("GET", "/queue-status").json()["paused"] == [paused]
    assert claimed(either) == [free]
    resumed = either.call("POST", "/queue-resume", {"scope": scope, "name": name})
    assert (resumed.status_code, resumed.json()) == (200, {"paused": []})
    assert claimed(either) == [held]


def test_a_pause_may_end_by_itself(console: Console) -> None:
    (paused,) = console.call("POST", "/queue-pause", PAY | {"minutes": 10}).json()["paused"]
    assert paused["until_ms"] - paused["at_ms"] == 600_000


def test_what_is_not_paused_cannot_be_resumed(console: Console) -> None:
    console.call("POST", "/queue-pause", PAY)
    reply = console.call("POST", "/queue-resume", PAY | {"name": "frank"})
    problem = reply.json()
    assert (reply.status_code, problem["type"][-13:]) == (404, "unknown-pause")
    assert "destination 'frank' is not paused" in problem["detail"]
    assert len(console.queue.stats().paused) == 1


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"scope": "region"}, "/scope"),
        ({"name": ""}, "/name"),
        ({"minutes": 0}, "/minutes"),
        ({"minute": 5}, "/minute"),
    ],
    ids=str,
)
def test_a_pause_that_cannot_be_meant_pauses_nothing(
    console: Console, wish: dict[str, Any], pointer: str
) -> None:
    reply = console.call("POST", "/queue-pause", PAY | wish)
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, pointer)
    assert console.queue.stats().paused == ()


def test_a_body_that_is_no_json_is_a_400_and_of_another_type_a_415(console: Console) -> None:
    broken = console.call(
        "POST", "/queue-pause", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert (broken.status_code, broken.json()["type"][-7:]) == (400, "invalid")
    form = console.call("POST", "/queue-pause", content=b"{}", headers={"Content-Type": "text/a"})
    assert (form.status_code, form.json()["type"][-8:]) == (415, "not-json")


def test_a_queue_that_cannot_be_asked_is_a_503_everywhere_but_at_healthz(
    over: Callable[[Queue], Any], tmp_path: Path
) -> None:
    is_gone = threading.Event()

    class Gone(SqliteEngine):
        @contextmanager
        def transaction(self) -> Iterator[SqliteSession]:
            self._ask()
            with super().transaction() as session:
                yield session

        def read(self, do: Callable[[SqliteSession], Any]) -> Any:
            self._ask()
            return super().read(do)

        def _ask(self) -> None:
            if is_gone.is_set():
                raise UnavailableError("the file is gone", self.name, "Look after the disk.")

    with Queue(Gone(tmp_path / "queue.db")) as queue, over(queue) as console:
        name = console.dead()
        is_gone.set()
        for method, path, body in (
            ("GET", "/queue-failed", None),
            ("GET", f"/queue-failed/{name}", None),
            ("POST", f"/queue-failed/{name}/replay", {}),
            ("POST", f"/queue-failed/{name}/cancel", {}),
            ("POST", f"/queue-failed/{name}/settle", {}),
            ("PUT", f"/queue-failed/{name}/body", {"body": 1, "idempotency_key": "k2"}),
            ("POST", "/queue-failed/redrive", {}),
            ("GET", "/queue-status", None),
            ("POST", "/queue-pause", PAY),
            ("POST", "/queue-resume", PAY),
            ("GET", "/readyz", None),
        ):
            reply = console.call(method, path, body)
            problem = reply.json()
            assert (reply.status_code, problem["type"][-17:]) == (503, "queue-unavailable"), path
            assert reply.headers["Retry-After"] == "2"
            assert "the file is gone" in problem["detail"]
        assert console.call("GET", "/healthz").json() == {"status": "ok"}
        is_gone.clear()
        assert console.queue.story(name).entry.state == "dead"
        assert console.call("GET", "/readyz").json() == {"status": "ready"}
