"""What a mock is to this part: how to start it, and how it is asked for three answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PATH: Final = "/external-api"
TOKEN: Final = "bench-token"  # noqa: S105 - a made-up token
CHARGE: Final[Mapping[str, Any]] = {"transactionId": "t1", "amount": 15}
READ: Final[Mapping[str, Any]] = {"message": "The API is up.", "status": "operational"}
MADE: Final[Mapping[str, Any]] = {**CHARGE, "status": "accepted"}
REFUSED: Final[Mapping[str, Any]] = {"status": 503, "title": "Service unavailable"}


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, and the status that must come back; anything else ends the run."""

    method: str
    headers: Mapping[str, str]
    status: int
    body: bytes = b""

    def raw(self, port: int) -> bytes:
        """The bytes on the wire."""
        headers = {"Host": f"127.0.0.1:{port}", "Accept": "application/json", **self.headers}
        if self.body:
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        lines = [f"{self.method} {PATH} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join((*lines, "", "")).encode() + self.body


def asks(token: str, failing: Mapping[str, str], made: int = 201) -> dict[str, Ask]:
    """The three: a read and a write with a bearer token, and a failure decided early.

    failing: the header by which this mock is asked to fail. made: its status for a write.
    """
    signed = {"Authorization": f"Bearer {token}"}
    return {
        "GET with a token": Ask("GET", signed, 200),
        "POST of a JSON body": Ask("POST", signed, made, json.dumps(CHARGE).encode()),
        "an early 503": Ask("GET", {**signed, **failing}, 503),
    }


@dataclass(frozen=True, slots=True)
class Mock:
    """A row. `needs`: an npm package, or "" for ours.

    command: for a port and a folder of its own, into which it writes its settings.
    asked: what is sent, once it listens on the port.
    """

    name: str
    needs: str
    command: Callable[[int, Path], list[str]]
    asked: Callable[[int], Mapping[str, Ask]]
