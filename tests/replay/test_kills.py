"""`kill -9` of a worker at every commit and around every send: nothing lost, nothing doubled.

Judged by what the API saw. A key makes a second delivery harmless; without one, none may happen.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.postgres import url_of
from tests.support.serving import Api, Said

from battle_healer_replay import Draft, Payload, open_queue

POINTS = (
    "claim_before_commit",
    "claim_after_commit",
    "after_claim",
    "before_send",
    "after_answer",
    "before_record",
    "record_before_commit",
    "record_after_commit",
    "after_record",
)
BEFORE_THE_FIRST_BYTE = frozenset({"claim_before_commit", "claim_after_commit", "after_claim"})
MAIN = "import sys; from battle_healer_cli.main import main; sys.exit(main())"
POLICY = """
version: 1
destinations:
  pay:
    regions: [{{name: us, url: "{url}"}}]
    endpoints:
      - {{name: charge, match: POST /charges, idempotency: {keys}}}
"""


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A queue with a real clock; PostgreSQL by its socket's folder, as a URL."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'queue.db'}"
    return url_of(request.getfixturevalue("postgres_url"))


@pytest.fixture
def api() -> Iterator[Api]:
    with Api(lambda seen: Said(201, {"id": "c1"})) as running:
        yield running


@pytest.fixture
def worker(where: str, api: Api, tmp_path: Path) -> Callable[[bool, str | None], int]:
    """Run the real command until nothing is due; returns how it ended."""

    def run(keyed: bool, failpoint: str | None) -> int:
        policy = tmp_path / "healer.yaml"
        keys = "honoured" if keyed else "unknown"
        policy.write_text(POLICY.format(url=api.url, keys=keys), "utf-8")
        env = os.environ | {"HEALER_HOME": str(tmp_path / "home")}
        if failpoint is not None:
            env["HEALER_FAILPOINT"] = failpoint
        argv = ["queue", "worker", "--until-empty", "--name", "w1", "--queue", where]
        return subprocess.run(
            [sys.executable, "-c", MAIN, *argv, "--policy", str(policy)],
            env=env,
            capture_output=True,
            timeout=60,
            check=False,
        ).returncode

    return run


def put(where: str, url: str, *, keyed: bool) -> str:
    headers = (("Idempotency-Key", "k1"),) if keyed else ()
    payload = Payload("POST", f"{url}/charges", headers, b"{}", "k1" if keyed else None, "us")
    with open_queue(where) as queue:
        return queue.enqueue(Draft("call-1", "corr-1", "pay", payload, keyed)).id


def ended(where: str, name: str) -> tuple[str, str | None, list[int]]:
    """State, reason, and the fences of the attempts that were written down."""
    with open_queue(where) as queue:
        story = queue.story(name)
    reason = story.entry.reason
    return str(story.entry.state), reason and str(reason), [a.fence for a in story.attempts]


@pytest.mark.parametrize("point", POINTS)
def test_i8_a_keyed_call_survives_the_kill_and_takes_effect_once(
    where: str, api: Api, worker: Callable[[bool, str | None], int], point: str
) -> None:
    name = put(where, api.url, keyed=True)
    assert worker(True, point) == -signal.SIGKILL, "it did not die there"
    assert worker(True, None) == 0
    state, _, fences = ended(where, name)
    assert state == "succeeded"
    assert fences == list(range(1, len(fences) + 1)), "a gap in the audit"
    assert {seen.headers["idempotency-key"] for seen in api.seen} == {"k1"}
    assert 1 <= len(api.seen) <= 2


@pytest.mark.parametrize("point", POINTS)
def test_i1_a_call_without_key_is_sent_at_most_once_whatever_is_killed(
    where: str, api: Api, worker: Callable[[bool, str | None], int], point: str
) -> None:
    name = put(where, api.url, keyed=False)
    # Its first record is the begin; the second is what came of it.
    second = f"{point}:2" if point.startswith("record_") else point
    assert worker(False, second) == -signal.SIGKILL, "it did not die there"
    assert worker(False, None) == 0
    state, reason, fences = ended(where, name)
    assert len(api.seen) <= 1
    if point in BEFORE_THE_FIRST_BYTE or point in {"record_after_commit", "after_record"}:
        assert (state, len(api.seen)) == ("succeeded", 1)
    else:
        assert (state, reason) == ("dead", "ambiguous")
    assert fences == list(range(1, len(fences) + 1)), "a gap in the audit"


@pytest.mark.parametrize("point", ["record_before_commit", "record_after_commit"])
def test_i8_a_kill_at_the_begin_leaves_nothing_in_doubt_that_was_not_committed(
    where: str, api: Api, worker: Callable[[bool, str | None], int], point: str
) -> None:
    name = put(where, api.url, keyed=False)
    assert worker(False, f"{point}:1") == -signal.SIGKILL
    assert api.seen == []
    assert worker(False, None) == 0
    state, reason, _ = ended(where, name)
    sent = 1 if point == "record_before_commit" else 0
    assert len(api.seen) == sent
    assert (state, reason) == (("succeeded", None) if sent else ("dead", "ambiguous"))


def test_i8_an_acknowledged_entry_survives_a_kill_right_after_its_commit(where: str) -> None:
    code = f"from tests.replay.test_kills import put; print(put({where!r}, 'http://x', keyed=True))"
    root = str(Path(__file__).parents[2])
    for point, kept in (("keep_before_commit", 0), ("keep_after_commit", 1)):
        ran = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"HEALER_FAILPOINT": point},
            cwd=root,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == -signal.SIGKILL, ran.stderr
        with open_queue(where) as queue:
            assert len(list(queue.entries())) == kept
