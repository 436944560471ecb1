"""Drives a mock server over a real socket, through its public endpoints only."""

import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

CHARGE = {"transactionId": "tx-1", "amount": 15}
Json = dict[str, Any]


class Mock:
    """A client with the words that tests need; every request names its call."""

    def __init__(self, url: str) -> None:
        self.url = url
        # No TLS here, and reading the certificates of a machine takes longer than most tests.
        self.http = httpx2.Client(base_url=url, timeout=10, verify=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.http.close()

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.http.get(path, **options)

    def post(self, path: str, **options: Any) -> httpx2.Response:
        return self.http.post(path, **options)

    def token(self, user: str = "demo", tier: str = "primary", scopes: Sequence[str] = ()) -> str:
        asked = {"userId": user, "tier": tier, "scopes": list(scopes)}
        answer = self.post("/generate-api-key", json=asked)
        return str(answer.json()["token"])

    def call(  # noqa: PLR0913 - each test names only what it is about
        self,
        method: str = "POST",
        faults: str = "",
        *,
        token: str = "",
        call: str = "corr-1",
        region: str = "us",
        key: str | None = None,
        body: object = CHARGE,
        headers: dict[str, str] | None = None,
        query: str = "",
    ) -> httpx2.Response:
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        sent |= {"X-Correlation-ID": call} if call else {}
        sent |= {"X-Simulate-Failure": faults} if faults else {}
        sent |= {"Idempotency-Key": key} if key is not None else {}
        path = "/external-api" if region == "us" else f"/regions/{region}/external-api"
        options: Json = {} if method == "GET" else {"json": body}
        return self.http.request(method, path + query, headers=sent | (headers or {}), **options)

    def raw(self, data: bytes) -> bytes:
        """All that the server sends in answer to `data` on a connection of its own."""
        where = urlsplit(self.url)
        with socket.create_connection((where.hostname, where.port), timeout=10) as sock:
            sock.sendall(data)
            received = b""
            while chunk := sock.recv(65536):
                received += chunk
            return received

    def advance(self, seconds: float) -> None:
        self.post("/control/clock", json={"advance_s": seconds}).raise_for_status()

    def effects(self) -> list[Json]:
        return list(self.get("/ledger").json()["effects"])

    def rows(self) -> list[Json]:
        """The journal's rows about the protected API."""
        rows = self.get("/journal").json()["rows"]
        return [row for row in rows if row["route"] == "/external-api"]


def eventually(holds: Callable[[], bool], within_s: float = 5) -> None:
    """Ask again and again, over the wire, until it holds; fails when it does not in time."""
    give_up = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < give_up, "it never came to hold"
