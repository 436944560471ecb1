"""`kill -9` of `healer up` around the commit of what is handed in: 202 is a promise that holds.

Judged by the ledger of a mock server that lives on.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from tests.crash.conftest import Place

from battle_healer_mock.server import MockServer, Options
from battle_healer_replay import open_queue

HEALER: Final = "import sys; from battle_healer_cli.main import main; sys.exit(main())"
POLICY: Final = """
version: 1
destinations:
  pay:
    regions: [{{name: us, url: "{url}"}}]
    credentials: [{{name: main, token: {{env: PAY_TOKEN}}}}]
    endpoints: [{{name: charge, match: POST /external-api, idempotency: honoured}}]
"""


@pytest.fixture
def mock() -> Iterator[MockServer]:
    with MockServer(Options(port=0)) as running:
        yield running


@dataclass(frozen=True)
class Up:
    """A running `healer up`, and what is handed in to it."""

    url: str
    api: str
    process: subprocess.Popen[str]

    def hand_in(self, name: str, **changes: Any) -> Any:
        """The answer; None where it died first."""
        failed = {
            "request_id": name, "endpoint": "charge", "method": "POST",
            "url": f"{self.api}/external-api", "body": {"transactionId": name, "amount": 15},
            "error_status": 500,
        }  # fmt: skip
        try:
            reply = httpx2.post(
                f"{self.url}/queue-failed", json=failed | changes, trust_env=False, timeout=20
            )
        except httpx2.TransportError:
            assert self.process.wait(20) == -signal.SIGKILL
            return None
        assert reply.status_code == 202, reply.text
        return reply.json()


Starting = Callable[..., AbstractContextManager[Up]]


@pytest.fixture
def env(tmp_path: Path, mock: MockServer) -> dict[str, str]:
    policy = tmp_path / "healer.yaml"
    policy.write_text(POLICY.format(url=mock.url), "utf-8")
    return {
        "HEALER_HOME": str(tmp_path / "home"),
        "HEALER_POLICY": str(policy),
        "PAY_TOKEN": mock.issue_token(),
    }


@pytest.fixture
def up(place: Place, mock: MockServer, env: dict[str, str]) -> Starting:
    """Run `healer up`, to be killed at a failpoint."""

    @contextmanager
    def run(failpoint: str | None = None, *, works: bool = False) -> Iterator[Up]:
        argv = ["up", "--port", "0", "--json", "--name", "w1", "--queue", place.url]
        more = {"HEALER_FAILPOINT": failpoint} if failpoint else {}
        process = subprocess.Popen(
            [sys.executable, "-c", HEALER, *argv],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | env | more | {"DISABLE_QUEUE_WORKER": "" if works else "1"},
        )
        try:
            assert process.stdout is not None
            yield Up(json.loads(process.stdout.readline())["url"], mock.url, process)
        finally:
            process.kill()
            process.communicate()

    return run


@pytest.fixture
def deliver(place: Place, env: dict[str, str]) -> Callable[[], None]:
    """Let a worker of the same name work off what is due."""

    def run() -> None:
        argv = ["queue", "worker", "--until-empty", "--name", "w1", "--queue", place.url]
        subprocess.run(
            [sys.executable, "-c", HEALER, *argv],
            env=os.environ | env,
            capture_output=True,
            timeout=60,
            check=True,
        )

    return run


def effects(mock: MockServer) -> list[str]:
    """The keys under which something took effect, in order."""
    told = httpx2.get(f"{mock.url}/ledger", trust_env=False).json()
    return [effect["key"] for effect in told["effects"]]


def states(place: Place) -> dict[str, tuple[str, str | None]]:
    with open_queue(place.url) as queue:
        return {e.id: (str(e.state), e.reason and str(e.reason)) for e in queue.entries()}


@pytest.mark.parametrize("point", ["keep_before_commit:3", "keep_after_commit:3"])
def test_what_got_202_is_there_after_the_kill_and_only_what_is_safe_is_sent(
    place: Place, mock: MockServer, up: Starting, deliver: Callable[[], None], point: str
) -> None:
    with up(point, works=True) as first:
        keyed, doubtful = first.hand_in("t1", idempotency_key="k1"), first.hand_in("t2")
        assert first.hand_in("t3", idempotency_key="k3") is None, "it did not die there"
    kept = states(place)
    assert {keyed["id"], doubtful["id"]} <= kept.keys()
    assert len(kept) == (2 if "before" in point else 3)
    with up() as second:
        # Without an answer a client hands it in once more: the same entry, if it was kept.
        again = second.hand_in("t3", idempotency_key="k3")
    assert again["is_new"] == ("before" in point)
    deliver()
    assert states(place) == {
        keyed["id"]: ("succeeded", None),
        doubtful["id"]: ("dead", "ambiguous"),
        again["id"]: ("succeeded", None),
    }
    assert sorted(effects(mock)) == ["k1", "k3"]
