"""`healer queue ...`, and `healer call` that parks: judged by the mock server's ledger."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Mock

from battle_healer_mock.server import MockServer, Options
from battle_healer_replay import Draft, Payload, open_queue
from battle_healer_replay.operations.claim import Wish
from battle_healer_replay.queue import Queue
from battle_healer_replay.sqlite.engine import SqliteEngine, wall_ms
from battle_healer_replay.transitions import Event

Healer = Callable[..., Any]
BODY = '{"transactionId": "t1", "amount": 15}'


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let every queue that is opened from now on believe that it is later."""

    def move(seconds: float) -> None:
        defaults = (lambda: wall_ms() + round(seconds * 1000),)
        monkeypatch.setattr(SqliteEngine.__init__, "__defaults__", defaults)

    return move


@pytest.fixture
def manual() -> Iterator[MockServer]:
    """A mock server whose outages last until its clock is moved."""
    with MockServer(Options(port=0, clock="manual")) as running:
        yield running


def parked(healer: Healer, mock: Any, *more: str) -> str:
    """The entry that an outage of both regions leads to."""
    ran = healer(
        "call", "POST", f"{mock.url}/external-api", "--key", "k1", "--json-body", BODY,
        "--simulate", "region_down@us,region_down@eu", "--deadline", "5", "--json", *more,
    )  # fmt: skip
    assert ran.code == 4, ran.err
    queued = ran.json["queued"]
    assert queued["durable"]
    return str(queued["id"])


def put(where: str, **changes: Any) -> str:
    payload = Payload("POST", "https://pay.example/charges", (), b"{}", None, "us")
    given: dict[str, Any] = {
        "call_id": "call-1", "correlation_id": "corr-1", "destination": "pay",
        "payload": payload, "safe": False,
    }  # fmt: skip
    with open_queue(where) as queue:
        return queue.enqueue(Draft(**given | changes)).id


def test_a_call_is_parked_and_a_worker_delivers_it_once(
    healer: Healer, manual: MockServer, later: Callable[[float], None]
) -> None:
    mock = Mock(manual.url, manual.issue_token())
    entry = parked(healer, mock)
    early = healer("queue", "worker", "--until-empty")
    assert (early.code, mock.effects) == (0, [])
    later(31)
    manual.state.clock.advance(31)
    assert healer("queue", "worker", "--until-empty").code == 0
    (effect,) = mock.effects
    assert (effect["key"], effect["call"]) == ("k1", entry.replace("entry-", "call-"))
    shown = healer("queue", "show", entry)
    assert f"{entry}  succeeded" in shown.out
    assert "unavailable (status 503)" in shown.out, "why it was parked"
    assert "ok 200" in shown.out
    story = healer("queue", "show", entry, "--json").json
    assert (story["state"], story["attempts"][0]["status"]) == ("succeeded", 200)
    assert mock.token not in shown.out + json.dumps(story)


def test_the_entry_id_is_told_to_people_too(healer: Healer, mock: Any) -> None:
    ran = healer(
        "call", "POST", f"{mock.url}/external-api", "--key", "k1", "--json-body", BODY,
        "--simulate", "region_down@us,region_down@eu", "--deadline", "5",
    )  # fmt: skip
    assert "queued as entry-" in ran.err


def test_the_queue_of_the_setting_is_used(
    healer: Healer, mock: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALER_QUEUE", f"sqlite:{tmp_path / 'mine.db'}")
    entry = parked(healer, mock)
    assert [e["id"] for e in healer("queue", "list", "--json").json["entries"]] == [entry]
    assert (tmp_path / "mine.db").is_file()


def test_entries_are_listed_and_counted(healer: Healer, tmp_path: Path) -> None:
    where = f"sqlite:{tmp_path / 'q.db'}"
    dead = put(where, doubt=True)
    put(where, call_id="call-2", tenant="acme")
    ran = healer("queue", "list", "--queue", where, "--state", "dead")
    assert dead in ran.out
    assert "dead (ambiguous)" in ran.out
    assert "entry-2" not in ran.out
    counts = healer("queue", "stats", "--queue", where, "--json").json["counts"]
    assert (counts["queued"], counts["dead"]) == (1, 1)
    of_acme = healer("queue", "list", "--queue", where, "--tenant", "acme", "--json").json
    assert [e["id"] for e in of_acme["entries"]] == ["entry-2"]


def test_i1_an_entry_in_doubt_needs_a_persons_word(healer: Healer, tmp_path: Path) -> None:
    where = f"sqlite:{tmp_path / 'q.db'}"
    entry = put(where, doubt=True)
    assert "needs a decision" in healer("queue", "show", entry, "--queue", where).out
    refused = healer("queue", "replay", entry, "--queue", where)
    assert refused.code == 2
    assert "somebody has to say first that it took no effect" in refused.err
    ran = healer(
        "queue", "replay", entry, "--queue", where, "--send-again", "--by", "ada", "--why", "asked"
    )
    assert (ran.code, ran.out) == (0, f"{entry} queued\n")
    told = healer("queue", "show", entry, "--queue", where).out
    assert "redrive by ada: asked" in told


def test_an_entry_in_doubt_can_be_said_to_have_taken_effect(healer: Healer, tmp_path: Path) -> None:
    where = f"sqlite:{tmp_path / 'q.db'}"
    entry = put(where, doubt=True)
    assert healer("queue", "settle", entry, "--queue", where).out == f"{entry} succeeded\n"


def test_dead_entries_are_redriven_at_a_rate_but_none_in_doubt(
    healer: Healer, tmp_path: Path
) -> None:
    where = f"sqlite:{tmp_path / 'q.db'}"
    doubtful = put(where, doubt=True)
    with open_queue(where) as queue:
        names = [put_dead(queue, i) for i in range(3)]
    ran = healer("queue", "redrive", "--queue", where, "--per-s", "0.1")
    assert "3 entries queued again" in ran.err
    with open_queue(where) as queue:
        assert str(queue.story(doubtful).entry.state) == "dead"
        dues = [queue.story(name).entry.due_ms for name in names]
    assert [round((due - dues[0]) / 10_000) for due in dues] == [0, 1, 2]


def put_dead(queue: Queue, i: int) -> str:
    payload = Payload("POST", f"https://pay.example/{i}", (), b"{}")
    name = queue.enqueue(Draft(f"call-x{i}", "corr-1", "pay", payload, True, max_failures=1)).id
    (claim,) = queue.claim(Wish("w", 30.0, 1)).claims
    queue.record(Event("fail", name, fence=claim.entry.fence))
    return name


def test_a_redrive_tells_what_it_redrove_as_data(healer: Healer, tmp_path: Path) -> None:
    where = f"sqlite:{tmp_path / 'q.db'}"
    with open_queue(where) as queue:
        names = [put_dead(queue, i) for i in range(2)]
    told = healer("queue", "redrive", "--queue", where, "--json").json
    assert told == {"redriven": 2, "entries": names}


def test_a_dead_entry_takes_another_body_under_a_new_key(healer: Healer, tmp_path: Path) -> None:
    where = f"sqlite:{tmp_path / 'q.db'}"
    with open_queue(where) as queue:
        name = put_dead(queue, 1)
    file = tmp_path / "body.bin"
    file.write_bytes(b"\xff\x00")
    edit = ("queue", "edit", name, "--queue", where)
    told = healer(*edit, "--json-body", '{"amount": 16}', "--key", "k2", "--json").json
    assert (told["state"], told["revision"]) == ("dead", 2)
    assert healer(*edit, "--body-file", str(file), "--key", "k3").out == f"{name} dead\n"
    with open_queue(where) as queue:
        payloads = queue.story(name).payloads
    assert [(p.body, p.key) for p in payloads] == [
        (b"{}", None), (b'{"amount": 16}', "k2"), (b"\xff\x00", "k3"),
    ]  # fmt: skip
    unprotected = healer(*edit, "--json-body", "{}")
    assert (unprotected.code, "unprotected" in unprotected.err) == (2, True)


@pytest.mark.parametrize(
    ("argv", "what"),
    [
        ((), "no single new body"),
        (("--json-body", "{}", "--body-file", "x"), "no single new body"),
        (("--json-body", "{"), "no json"),
        (("--json-body", "NaN"), "no json"),
        (("--body-file", "nowhere"), "no such file"),
    ],
    ids=str,
)
def test_a_body_that_cannot_be_meant_is_said(
    healer: Healer, argv: tuple[str, ...], what: str
) -> None:
    ran = healer("queue", "edit", "entry-1", *argv)
    assert ran.code == 2
    assert what in ran.err.lower()


def test_decisions_are_told_as_data_one_a_line(healer: Healer, tmp_path: Path) -> None:
    where = f"sqlite:{tmp_path / 'q.db'}"
    names = [put(where, doubt=True, call_id=f"call-{i}") for i in range(2)]
    ran = healer("queue", "settle", *names, "--queue", where, "--json")
    told = [json.loads(line) for line in ran.out.splitlines()]
    assert [(e["id"], e["state"]) for e in told] == [(name, "succeeded") for name in names]


def test_a_worker_that_ends_says_what_waits_still_and_until_when(
    healer: Healer, tmp_path: Path
) -> None:
    where = f"sqlite:{tmp_path / 'q.db'}"
    worker = ("queue", "worker", "--until-empty", "--queue", where)
    assert "still queued" not in healer(*worker).err
    put(where, due_in_s=3600.0, call_id="call-1")
    name = put(where, due_in_s=7200.0, call_id="call-2")
    said = healer(*worker).err
    with open_queue(where) as queue:
        due = datetime.fromtimestamp(queue.story(name).entry.due_ms / 1000, UTC)
    assert "2 entries still queued: the next due " in said
    assert f"the last {due:%Y-%m-%d %H:%M:%S}" in said.replace("\n", " ")


@pytest.mark.parametrize(
    "choice",
    [
        ("--state", "dead"), ("--reason", "ambiguous"), ("--tenant", "acme"),
        ("--destination", "other"), ("--correlation-id", "order-1"), ("--in", "slow"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_export_and_import_move_what_the_list_would_show(
    healer: Healer, tmp_path: Path, choice: tuple[str, ...]
) -> None:
    here = f"sqlite:{tmp_path / 'a.db'}"
    put(here, call_id="call-1")
    wanted = put(
        here, call_id="call-2", doubt=True, tenant="acme", destination="other",
        correlation_id="order-1", queue="slow",
    )  # fmt: skip
    every, some = str(tmp_path / "all.jsonl"), str(tmp_path / "some.jsonl")
    assert healer("queue", "export", some, *choice, "--queue", here, "--json").json["written"] == 1
    healer("queue", "export", every, "--queue", here)
    for file, more, there in ((some, (), "b"), (every, choice, "c")):
        to = f"sqlite:{tmp_path / there}.db"
        ran = healer("queue", "import", file, *more, "--queue", to, "--json")
        assert ran.json == {"read": 1, "new": 1}
        with open_queue(to) as queue:
            assert [entry.id for entry in queue.entries()] == [wanted]


def test_export_takes_what_was_parked_since(healer: Healer, tmp_path: Path) -> None:
    where, file = f"sqlite:{tmp_path / 'q.db'}", str(tmp_path / "q.jsonl")
    put(where)
    assert "1 entry" in healer("queue", "export", file, "--since", "1h", "--queue", where).err


def test_a_pause_is_kept_shown_and_ended(healer: Healer, tmp_path: Path) -> None:
    where = f"sqlite:{tmp_path / 'q.db'}"
    put(where)
    pausing = ("queue", "pause", "destination", "pay", "--queue", where, "--why", "maintenance")
    assert healer(*pausing, "--by", "ada").code == 0
    assert (
        "destination pay until resumed, by ada: maintenance"
        in healer("queue", "stats", "--queue", where).out
    )
    assert healer("queue", "resume", "destination", "pay", "--queue", where).code == 0
    again = healer("queue", "resume", "destination", "pay", "--queue", where)
    assert (again.code, "is not paused" in again.err) == (2, True)


def test_entries_move_to_another_queue_once_and_without_secrets(
    healer: Healer, tmp_path: Path
) -> None:
    here, there = f"sqlite:{tmp_path / 'a.db'}", f"sqlite:{tmp_path / 'b.db'}"
    entry = put(here, doubt=True)
    file = str(tmp_path / "moved.jsonl")
    assert healer("queue", "export", file, "--queue", here).code == 0
    for new in (1, 0):
        ran = healer("queue", "import", file, "--queue", there)
        assert f"{new} of 1 entry" in ran.err
    before = healer("queue", "show", entry, "--queue", here, "--json").json
    assert healer("queue", "show", entry, "--queue", there, "--json").json == before
    (tmp_path / "bad.jsonl").write_text('{"format": "other"}\n')
    bad = healer("queue", "import", str(tmp_path / "bad.jsonl"), "--queue", there)
    assert (bad.code, "bad.jsonl:1" in bad.err) == (2, True)


@pytest.mark.parametrize(
    ("argv", "what"),
    [
        (("list", "--queue", "mysql://x"), "no queue is known for 'mysql'"),
        (("list", "--queue", "sqlite:/nowhere/q.db"), "no file can be there"),
        (("list", "--since", "soon"), "no span of time"),
        (("show", "entry-none"), "no such entry"),
        (("list", "--state", "lost"), "invalid value"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_meant_is_said(healer: Healer, argv: tuple[str, ...], what: str) -> None:
    ran = healer("queue", *argv)
    assert ran.code == 2
    assert what in ran.err


def test_a_worker_that_is_asked_to_end_ends_well(tmp_path: Path) -> None:
    where = f"sqlite:{tmp_path / 'q.db'}"
    code = "import sys; from battle_healer_cli.main import main; sys.exit(main())"
    with subprocess.Popen(
        [sys.executable, "-c", code, "queue", "worker", "--queue", where],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"HEALER_HOME": str(tmp_path / "home")},
    ) as process:
        assert process.stderr is not None
        assert "working on" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert "finishing" in process.stderr.read()
