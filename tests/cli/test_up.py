"""`healer up`: one port for mock server, queue and worker, and an end that leaves nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from battle_healer_replay import open_queue

HEALER = "import sys; from battle_healer_cli.main import main; sys.exit(main())"


@contextmanager
def up(**env: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HEALER, "up", "--port", "0", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | env,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())["url"]
    finally:
        process.kill()
        process.communicate()


def hand_in(url: str) -> httpx2.Response:
    failed = {
        "request_id": "r1", "endpoint": "charge", "method": "POST", "url": f"{url}/external-api",
        "body": {"transactionId": "t1", "amount": 15}, "error_status": 500, "idempotency_key": "k1",
    }  # fmt: skip
    return httpx2.post(f"{url}/queue-failed", json=failed, trust_env=False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_without_a_worker_it_takes_in_and_ends_well(number: int) -> None:
    with up(DISABLE_QUEUE_WORKER="1") as (process, url):
        assert hand_in(url).status_code == 202
        assert httpx2.get(f"{url}/healthz", trust_env=False).json() == {"status": "ok"}
        with pytest.raises(httpx2.TransportError):
            httpx2.get(
                f"{url}/external-api", headers={"X-Simulate-Failure": "reset"}, trust_env=False
            )
        assert httpx2.get(f"{url}/ledger", trust_env=False).json()["effects"] == []
        process.send_signal(number)
        assert process.wait(20) == 0
        with pytest.raises(OSError), socket.create_connection(("127.0.0.1", httpx2.URL(url).port)):  # noqa: PT011 -- refused
            pass
    with open_queue() as queue:
        assert queue.stats().counts["queued"] == 1


def test_what_is_handed_in_is_delivered_once() -> None:
    with up() as (process, url):
        assert hand_in(url).status_code == 202
        assert process.stderr is not None
        assert "succeeded" in process.stderr.readline()
        (effect,) = httpx2.get(f"{url}/ledger", trust_env=False).json()["effects"]
        assert effect["key"] == "k1"


def test_it_listens_nowhere_else_until_there_is_authentication(healer: Callable[..., Any]) -> None:
    ran = healer("up", "--host", "0.0.0.0", "--port", "0")  # noqa: S104 -- it is refused
    assert (ran.code, "no authentication yet" in ran.err) == (2, True)
