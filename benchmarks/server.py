"""Requests per second of server CPU: the mock server beside a bare ASGI app on the same uvicorn."""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

REQUESTS = 3000
ROUNDS = 5
BARE = """
import sys, uvicorn

async def app(scope, receive, send):
    await receive()
    head = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": b"{}"})

uvicorn.run(app, port=int(sys.argv[1]), http="httptools", loop="uvloop", lifespan="off",
            access_log=False, log_level="error")
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _running(command: list[str], port: int) -> Iterator[int]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 0.5).close()
                break
            except OSError:
                time.sleep(0.05)  # noqa: TID251 - waits for a real process
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _per_cpu_s(pid: int, send: Callable[[http.client.HTTPConnection], int], port: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    began = _cpu_s(pid)
    for _ in range(REQUESTS):
        send(connection)
    spent = _cpu_s(pid) - began
    connection.close()
    return REQUESTS / spent


def _get(headers: dict[str, str], expected: int) -> Callable[[http.client.HTTPConnection], int]:
    def send(connection: http.client.HTTPConnection) -> int:
        connection.request("GET", "/external-api", headers=headers)
        reply = connection.getresponse()
        reply.read()
        assert reply.status == expected, reply.status
        return reply.status

    return send


def _token(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    body = json.dumps({"userId": "bench"})
    connection.request("POST", "/generate-api-key", body, {"Content-Type": "application/json"})
    token: str = json.load(connection.getresponse())["token"]
    connection.close()
    return token


def report() -> list[str]:
    """Lines of a table: medians of interleaved rounds, and ratios to the bare app."""
    healer = str(Path(sys.executable).with_name("healer"))
    bare_port, mock_port = _free_port(), _free_port()
    bare = [sys.executable, "-c", BARE, str(bare_port)]
    mock = [healer, "mock", "--port", str(mock_port), "--json"]
    with _running(bare, bare_port) as bare_pid, _running(mock, mock_port) as mock_pid:
        # The quota of an issued token would end the run, so it is raised beforehand.
        token = _token(mock_port)
        _raise_budget(mock_port, token)
        good = {"Authorization": f"Bearer {token}"}
        early = good | {"X-Simulate-Failure": "region_down*inf"}
        variants = {
            "bare ASGI": (bare_pid, _get({}, 200), bare_port),
            "mock, clean GET with token": (mock_pid, _get(good, 200), mock_port),
            "mock, 503 decided early": (mock_pid, _get(early, 503), mock_port),
        }
        rounds: dict[str, list[float]] = {name: [] for name in variants}
        for _ in range(ROUNDS):
            for name, (pid, send, port) in variants.items():
                rounds[name].append(_per_cpu_s(pid, send, port))
    base = statistics.median(rounds["bare ASGI"])
    lines = ["| server | requests per CPU-second | spread | ratio |", "|---|---|---|---|"]
    for name, figures in rounds.items():
        median = statistics.median(figures)
        spread = f"{min(figures):,.0f} to {max(figures):,.0f}"
        lines.append(f"| {name} | {median:,.0f} | {spread} | x{median / base:.2f} |")
    return lines


def _raise_budget(port: int, token: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    body = json.dumps({"token": token, "quota_delta": 900_000, "call_budget_delta": 900_000})
    connection.request("POST", "/simulate-budget", body, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    reply.read()
    assert reply.status == http.HTTPStatus.OK, reply.status
    connection.close()
