"""Requests per second of server CPU: the mock server beside a bare ASGI app on the same uvicorn."""

from __future__ import annotations

import http.client
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REQUESTS = 2000
ROUNDS = 9
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
CHARGE = json.dumps({"transactionId": "tx-1", "amount": 15}).encode()
# Enough of quota and budget for every round: a spent one would end the run.
PLENTY = 900_000


@dataclass(frozen=True, slots=True)
class Variant:
    """One line of the table: who is asked for what, and the status that must come back."""

    name: str
    pid: int
    port: int
    request: bytes
    status: int

    def per_cpu_s(self) -> float:
        """Requests per second of the server's CPU, over one connection that is kept."""
        with socket.create_connection(("127.0.0.1", self.port)) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            expected = f"HTTP/1.1 {self.status} ".encode()
            began_s = cpu_s(self.pid)
            for _ in range(REQUESTS):
                sock.sendall(self.request)
                reply = _whole_reply(sock)
                assert reply.startswith(expected), reply
            return REQUESTS / (cpu_s(self.pid) - began_s)


def cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has used, to the microsecond.

    Linux only; the number of such a clock: clock_getcpuclockid(3), in glibc's words.
    """
    return time.clock_gettime((~pid << 3) | 2)


def _whole_reply(sock: socket.socket) -> bytes:
    reply = b""
    while True:
        chunk = sock.recv(65536)
        assert chunk, "the server closed the connection"
        reply += chunk
        head, mark, body = reply.partition(b"\r\n\r\n")
        if mark and len(body) >= int(head.lower().partition(b"content-length: ")[2].split()[0]):
            return reply


def get(headers: dict[str, str]) -> bytes:
    """The bytes of a GET, with the headers that every client sends."""
    return _request("GET", headers, b"")


def post(headers: dict[str, str]) -> bytes:
    """The bytes of a charge."""
    more = {"Content-Type": "application/json", "Content-Length": str(len(CHARGE))}
    return _request("POST", headers | more, CHARGE)


def _request(method: str, headers: dict[str, str], body: bytes) -> bytes:
    usual = {"Host": "127.0.0.1", "Accept": "*/*", "User-Agent": "bench"}
    lines = [f"{name}: {value}\r\n" for name, value in (usual | headers).items()]
    return f"{method} /external-api HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + body


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], port: int) -> Iterator[int]:
    """A server process that answers at `port`; gives its process id."""
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


def mock_command(port: int, *more: str) -> list[str]:
    """The command line of a mock server at `port`."""
    healer = str(Path(sys.executable).with_name("healer"))
    return [healer, "mock", "--port", str(port), "--json", *more]


def token(port: int) -> str:
    """A token of the mock server whose quota outlasts the run."""
    issued: str = _control(port, "/generate-api-key", {"userId": "bench"})["token"]
    much = {"token": issued, "quota_delta": PLENTY, "call_budget_delta": PLENTY}
    _control(port, "/simulate-budget", much)
    return issued


def _control(port: int, path: str, body: dict[str, object]) -> dict[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    reply = connection.getresponse()
    answer: dict[str, str] = json.load(reply)
    connection.close()
    assert reply.status == http.HTTPStatus.OK, answer
    return answer


def report() -> list[str]:
    """Lines of a table: medians of interleaved rounds, and ratios to the bare app."""
    bare_port, mock_port = free_port(), free_port()
    bare = [sys.executable, "-c", BARE, str(bare_port)]
    with running(bare, bare_port) as bare_pid, running(mock_command(mock_port), mock_port) as pid:
        good = {"Authorization": f"Bearer {token(mock_port)}"}

        def mock(name: str, request: bytes, status: int) -> Variant:
            return Variant(f"mock, {name}", pid, mock_port, request, status)

        def failing(fault: str) -> bytes:
            return get(good | {"X-Simulate-Failure": f"{fault}*inf"})

        variants = (
            Variant("bare ASGI, GET", bare_pid, bare_port, get(good), 200),
            mock("clean GET with token", get(good), 200),
            mock("POST that takes effect", post(good), 200),
            mock("503 decided early", failing("region_down"), 503),
            mock("429 decided early", failing("rate_limit"), 429),
            mock("401 decided early", failing("expired_token"), 401),
        )
        rounds: dict[str, list[float]] = {variant.name: [] for variant in variants}
        for _ in range(ROUNDS):
            for variant in variants:
                rounds[variant.name].append(variant.per_cpu_s())
    base = rounds[variants[0].name]
    lines = ["| server | requests per CPU-second | spread | ratio |", "|---|---|---|---|"]
    for name, figures in rounds.items():
        # Of each round its own ratio, since the machine changes its pace between rounds.
        ratio = statistics.median(ours / theirs for ours, theirs in zip(figures, base, strict=True))
        spread = f"{min(figures):,.0f} to {max(figures):,.0f}"
        lines.append(f"| {name} | {statistics.median(figures):,.0f} | {spread} | x{ratio:.2f} |")
    return lines
