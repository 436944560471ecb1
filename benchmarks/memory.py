"""What a mock server weighs after a million requests: `python -m benchmarks.memory [REQUESTS]`.

The application is driven in this process, without a socket, by a client that makes every table
grow: each charge is a call of its own with a key of its own, tokens are issued to new users and
refreshed, bodies are refused, faults are met, logs are sent. Then a slice goes over real sockets.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from battle_healer_mock.clock import Clock
from battle_healer_mock.control.app import build
from battle_healer_mock.front import Front
from battle_healer_mock.state import State
from benchmarks import server

REQUESTS = 1_000_000
MARKS = (0.0, 0.1, 0.5, 1.0)
SOCKET_ROUNDS = 10
FEW = ("--keep-rows", "1000", "--keep-effects", "1000")
Message = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, and the status that it must get."""

    method: str
    path: str
    status: int
    body: dict[str, object] | None = None
    headers: tuple[tuple[str, str], ...] = ()


def traffic(token: str) -> Iterator[Asked]:
    """Requests without end, no two of them alike."""
    bearer = ("authorization", f"Bearer {token}")
    n = 0
    while True:
        n += 1
        call = ("x-correlation-id", f"corr-{n}")
        fault = "region_down" if n % 2 else "flaky=1*1"
        charge: dict[str, object] = {"transactionId": f"tx-{n}", "amount": n, "note": "x" * 50}
        key = ("idempotency-key", f"key-{n}")
        for _ in range(6):
            yield Asked("GET", "/external-api", 200, None, (bearer,))
        yield Asked("POST", "/external-api", 503, charge,
                    (bearer, call, key, ("x-simulate-failure", fault)))  # fmt: skip
        elsewhere = (bearer, call, key, ("x-simulate-failure", fault))
        yield Asked("POST", "/regions/eu/external-api", 200, charge, elsewhere)
        yield Asked("POST", "/external-api", 422, {f"field-{n}": n, "amount": n}, (bearer, call))
        yield _aside(n)


def _aside(n: int) -> Asked:
    """In turn: a token for a new user, one for an unknown token, a log."""
    if n % 3 == 0:
        return Asked("POST", "/generate-api-key", 200, {"userId": f"user-{n}"})
    if n % 3 == 1:
        return Asked("POST", "/refresh-token", 200, {"token": f"stranger-{n}"})
    return Asked("POST", "/log", 202, {"event": "SOAK", "metadata": {"text": "x" * 3000}})


async def ask(app: Front, asked: Asked) -> bytes:
    """The body of the application's answer. Raises AssertionError for another status."""
    body = b"" if asked.body is None else json.dumps(asked.body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    headers += [(name.encode(), value.encode()) for name, value in asked.headers]
    scope: Message = {
        "type": "http", "method": asked.method, "path": asked.path, "raw_path": asked.path.encode(),
        "query_string": b"", "headers": headers, "client": ("127.0.0.1", 1), "scheme": "http",
        "server": ("127.0.0.1", 8001), "root_path": "", "http_version": "1.1", "state": {},
        "asgi": {"version": "3.0", "spec_version": "2.3"},
    }  # fmt: skip
    messages: list[Message] = []
    arriving: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if not arriving:
            await asyncio.Event().wait()  # nothing more comes, and nobody goes
        return arriving.pop()

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    assert messages[0]["status"] == asked.status, (asked, messages)
    return b"".join(message["body"] for message in messages[1:])


def rss_mib(pid: int | str = "self") -> float:
    """Memory that a process holds, in MiB. Linux only: proc(5), VmRSS."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    [line] = [line for line in lines if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


async def drive(requests: int) -> list[str]:
    """Lines of a table: what is held, kept and dropped at each mark."""
    state = State("42", Clock("real"))
    app = Front(state, build(state))
    source = traffic(state.issue_standing("soak"))
    lines = [
        "| requests | RSS, MiB | rows kept / dropped | effects total / kept "
        "| calls, keys, tokens kept |",
        "|---|---|---|---|---|",
    ]
    sent = 0
    for mark in MARKS:
        for _ in range(round(mark * requests) - sent):
            await ask(app, next(source))
            sent += 1
        lines.append(_row(state, sent))
    assert state.ledger.count == sent // 10, "each charge once, and not once more"
    for path in ("/journal", "/ledger", "/verdict"):
        answer = await ask(app, Asked("GET", path, 200))
        lines.append(f"| after `GET {path}` | {rss_mib():.0f} | {len(answer):,} bytes | | |")
    verdict = json.loads(answer)
    lines += ["", f"grade: {verdict['grade']}, dropped of: {verdict['dropped_of']}"]
    return lines


def _row(state: State, sent: int) -> str:
    journal, ledger = state.journal, state.ledger
    tables = f"{len(state.calls):,}, {len(state.keys):,}, {len(state.tokens):,}"
    return (
        f"| {sent:,} | {rss_mib():.0f} | {len(journal.rows):,} / {journal.dropped:,} "
        f"| {ledger.count:,} / {len(ledger.effects):,} | {tables} |"
    )


def over_sockets() -> list[str]:
    """A slice over a real socket: a server that keeps few rows does not grow any more."""
    port = server.free_port()
    with server.running(server.mock_command(port, *FEW), port) as pid:
        token = server.token(port)
        request = server.post({"Authorization": f"Bearer {token}"})
        charge = server.Variant("charge", pid, port, request, 200)
        charge.per_cpu_s()
        before = rss_mib(pid)
        for _ in range(SOCKET_ROUNDS):
            charge.per_cpu_s()
        after = rss_mib(pid)
    sent = SOCKET_ROUNDS * server.REQUESTS
    return [f"over a socket, {' '.join(FEW)}: {before:.0f} MiB, {after:.0f} after {sent:,} more"]


def report(requests: int = REQUESTS) -> list[str]:
    """The table, how long it took, and the slice."""
    began_s = time.monotonic()
    lines = asyncio.run(drive(requests))
    return [*lines, "", f"in {time.monotonic() - began_s:.0f} s", *over_sockets()]


if __name__ == "__main__":
    print("\n".join(report(int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS)))
