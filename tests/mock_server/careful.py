"""A small client that does all a careful client can: it knows replies, not faults.

It resends only what is safe, waits as long as it is told, changes what a reply names, and takes
for an answer only what is whole.
"""

import hashlib
import math
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import httpx2
from tests.mock_server.driving import CHARGE, Json, Mock

Ending = Literal["delivered", "ambiguous", "no cure", "too many"]
MOST_REQUESTS = 30
LONG_S = 3600
# How long to stay away from a place that sends its clients in a circle.
CIRCLE_S = 30
ERROR_MEMBERS = {"error", "errors", "__type", "detail"}


@dataclass
class Careful:
    """One call: what to send, where, and what happened."""

    mock: Mock
    method: str
    faults: str
    key: str | None
    tokens: Iterator[str]
    call: str = "corr-1"
    dialect: str = ""
    region: str = "us"
    body: Json = field(default_factory=lambda: {**CHARGE, "note": "for lunch"})
    headers: dict[str, str] = field(default_factory=dict)
    replies: list[httpx2.Response | None] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)
    left: set[str] = field(default_factory=set)

    def run(self) -> Ending:
        self.token = next(self.tokens)
        while len(self.replies) < MOST_REQUESTS:
            reply = self._send()
            self.replies.append(reply)
            ending = self._handle(reply)
            if ending is not None:
                return ending
        return "too many"

    @property
    def is_safe(self) -> bool:
        return self.method == "GET" or self.key is not None

    def _send(self) -> httpx2.Response | None:
        try:
            return self.mock.call(
                self.method, self.faults, token=self.token, call=self.call, region=self.region,
                key=self.key, body=self.body, headers=self.headers,
                query=f"?dialect={self.dialect}" if self.dialect else "",
            )  # fmt: skip
        except httpx2.RequestError:
            return None

    def _handle(self, reply: httpx2.Response | None) -> Ending | None:
        if reply is None or is_broken(reply):
            return None if self.is_safe else "ambiguous"
        status = status_of(reply)
        handle = {307: self._moved, 401: self._unauthorized, 402: self._rotate,
                  403: self._forbidden, 409: self._conflict, 410: self._moved,
                  422: self._repair, 429: self._throttled}.get(status)  # fmt: skip
        if handle is not None:
            return handle(reply)
        if status == 200 and not _is_soft(reply):
            return "delivered"
        if not (self.is_safe or _said_no(reply)):
            return "ambiguous"
        return self._elsewhere(reply) if status == 503 else None

    def _unauthorized(self, reply: httpx2.Response) -> Ending | None:
        if "revoked" in reply.headers["www-authenticate"]:
            return self._rotate(reply)
        answer = self.mock.post("/refresh-token", json={"token": self.token})
        self.token = answer.json()["token"]
        return None

    def _forbidden(self, reply: httpx2.Response) -> Ending | None:
        named = "scope=" in reply.headers.get("www-authenticate", "")
        return self._rotate(reply) if named else "no cure"

    def _rotate(self, reply: httpx2.Response) -> Ending | None:
        following = next(self.tokens, None)
        if following is None:
            return "no cure"
        self.token = following
        return None

    def _throttled(self, reply: httpx2.Response) -> Ending | None:
        if wait_of(reply) > LONG_S:
            return self._rotate(reply)
        return self._wait(reply)

    def _wait(self, reply: httpx2.Response) -> Ending | None:
        self.waits_s.append(wait_of(reply))
        self.mock.advance(self.waits_s[-1])
        return None

    def _conflict(self, reply: httpx2.Response) -> Ending | None:
        if "etag" not in reply.headers:
            return self._wait(reply)
        self.headers["If-Match"] = reply.headers["etag"]
        return None

    def _elsewhere(self, reply: httpx2.Response) -> Ending | None:
        tried = {str(old.url.path) for old in self.replies if old is not None}
        if len(tried) > 1 and "retry-after" in reply.headers:
            self._wait(reply)
        self.region = self._other
        return None

    def _moved(self, reply: httpx2.Response) -> Ending | None:
        """To the other region that this client knows, wherever the reply would lead it."""
        self.left.add(self.region)
        self.region = self._other
        if self.region in self.left:
            self.mock.advance(CIRCLE_S)
        return None

    @property
    def _other(self) -> str:
        return "eu" if self.region == "us" else "us"

    def _repair(self, reply: httpx2.Response) -> Ending | None:
        if "json" not in reply.headers["content-type"]:
            return "no cure"
        hints = list(_operations(reply.json()))
        if not hints:
            return "no cure"
        for hint in hints:
            patch(self.body, hint)
        return None


def status_of(reply: httpx2.Response) -> int:
    """The status, or the one that an error under 200 names itself."""
    if reply.status_code != 200 or "json" not in reply.headers["content-type"]:
        return reply.status_code
    errors = reply.json().get("errors")
    named: Any = errors[0].get("extensions", {}).get("http", {}).get("status") if errors else None
    return int(named or 200)


def is_broken(reply: httpx2.Response) -> bool:
    """Whether a reply came otherwise than it was meant, or was written by somebody else."""
    digest = reply.headers.get("content-digest")
    if digest is not None and "content-encoding" not in reply.headers:
        found = b64encode(hashlib.sha256(reply.content).digest()).decode()
        if digest != f"sha-256=:{found}:":
            return True
    try:
        if "json" in reply.headers["content-type"]:
            reply.json()
    except ValueError:
        return True
    return False


def _operations(value: Any) -> Iterator[Json]:
    """All JSON Patch operations in a document, wherever its dialect keeps them."""
    if isinstance(value, dict) and {"op", "path"} <= value.keys():
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _operations(part)


def patch(body: Json, operation: Json) -> None:
    """Applies one JSON Patch operation on a top-level field."""
    name = operation["path"][1:]
    if operation["op"] == "move":
        body[name] = body.pop(operation["from"][1:])
    elif operation["op"] == "remove":
        del body[name]
    else:
        body[name] = operation["value"]


def wait_of(reply: httpx2.Response) -> float:
    """Seconds that the reply asks for, in any spelling; 1 where it says nothing."""
    headers = reply.headers
    now = parsedate_to_datetime(headers["date"])
    if (text := headers.get("retry-after")) is not None:
        return float(text) if text.isdigit() else _until(parsedate_to_datetime(text), now)
    if (text := headers.get("ratelimit")) is not None:
        return float(text.rpartition("t=")[2])
    reset = float(headers.get("ratelimit-reset") or headers.get("x-ratelimit-reset") or 0)
    if reset > 1e11:
        reset /= 1000
    if reset > 1e8:
        return reset - now.timestamp()
    if reset:
        return reset
    told: Any = reply.json() if "json" in headers["content-type"] else {}
    return float(told.get("retry_after_seconds", 1))


def _until(then: datetime, now: datetime) -> float:
    return max(0.0, math.ceil((then - now).total_seconds()))


def _is_soft(reply: httpx2.Response) -> bool:
    if "x-degradation" in reply.headers or "json" not in reply.headers["content-type"]:
        return True
    told = reply.json()
    return told.get("ok") is False or not ERROR_MEMBERS.isdisjoint(told)


def _said_no(reply: httpx2.Response) -> bool:
    return 400 <= reply.status_code < 500 or reply.headers.get("x-processed") == "no"
