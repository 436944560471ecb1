"""Labelled substitutes: an older answer of the API's own, or a mock. Never a model's invention.

Whatever leaves this file as a reply says what it is, in its headers (I6).
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Literal

from battle_healer.clock import Clock
from battle_healer.commands import Denied, Substitute
from battle_healer.model import Call, Grant, Lost, Reply
from battle_healer.posts import Post, json_of, post_to
from battle_healer.rules import Degrade, Endpoint
from battle_healer.samples import sample
from battle_healer.secret import Secret, is_secret_header

Label = Literal["stale", "mocked"]
Tiers = Generator[Post, Reply | Lost, Reply | Denied]

_ANSWERS: Final = 512
_CACHE_BYTES: Final = 16 * 1_048_576
_CHOOSING: Final = frozenset({"accept", "accept-language", "range", "prefer"})
"""Request headers by which one address has several answers."""

# What describes the bytes of one exchange, not the answer.
_PASSING_HEADERS: Final = frozenset(
    {"age", "connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"}
)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A clean answer and the monotonic second at which it came."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    came: float = 0.0


class Fallbacks:
    """The stale cache and the mock tiers of one client. Thread-safe.

    ttl_s: age at which a kept answer ends. Only endpoints whose policy names the tier `stale`
    are kept, only answers to GET and HEAD, and each only for the credential that asked.
    """

    def __init__(self, clock: Clock, ttl_s: float) -> None:
        self._clock, self._ttl_s = clock, ttl_s
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def remember(self, call: Call, reply: Reply) -> None:
        """Keep a clean answer, if the policy wants answers of this endpoint kept."""
        degrade = call.endpoint.degrade
        if degrade is None or "stale" not in degrade.tiers or call.method not in ("GET", "HEAD"):
            return
        if reply.body is None or reply.truncated or reply.status != HTTPStatus.OK:
            return
        headers = tuple(
            (name, value)
            for name, value in reply.headers
            if not is_secret_header(name) and name.lower() not in _PASSING_HEADERS
        )
        kept = _Kept(reply.status, headers, reply.body, self._clock.now())
        with self._lock:
            self._drop(_key(call))
            self._kept[_key(call)] = kept
            self._bytes += len(kept.body)
            while len(self._kept) > _ANSWERS or self._bytes > _CACHE_BYTES:
                self._drop(next(iter(self._kept)))

    def has_stale(self, call: Call) -> bool:
        """Whether a kept answer for this call is young enough."""
        return self._stale(call) is not None

    def substitute(self, command: Substitute) -> Tiers:
        """Give the substitute of one tier; yields the exchange that the tier `post` needs."""
        degrade = command.call.endpoint.degrade
        if degrade is None:
            return Denied("the policy declares no substitute for this endpoint")
        if command.tier == "post":
            return (yield from self._posted(command, degrade))
        made = self._made(command, degrade, command.call.endpoint)
        return made or Denied(f"the tier {command.tier} has nothing for this call")

    def _made(self, command: Substitute, degrade: Degrade, endpoint: Endpoint) -> Reply | None:
        """A substitute that needs no exchange."""
        if command.tier == "stale":
            return self._stale(command.call)
        if command.tier == "file" and degrade.file is not None:
            return _mock(degrade.file)
        if command.tier == "example" and degrade.example is not None:
            return _mock(json.dumps(degrade.example).encode())
        if command.tier == "schema" and endpoint.response_schema is not None:
            return _mock(json.dumps(sample(endpoint.response_schema)).encode())
        return None

    def _stale(self, call: Call) -> Reply | None:
        with self._lock:
            kept = self._kept.get(_key(call))
            if kept is None:
                return None
            age_s = self._clock.now() - kept.came
            if age_s > self._ttl_s:
                self._drop(_key(call))
                return None
            self._kept.move_to_end(_key(call))
        headers = (*kept.headers, *_labels("stale"), ("Age", str(int(age_s))))
        return Reply(kept.status, headers, kept.body)

    def _posted(self, command: Substitute, degrade: Degrade) -> Tiers:
        call, schema = command.call, command.call.endpoint.response_schema
        stale = self._stale(call)
        asked = _without_none(
            {
                "reason": command.reason,
                "cached_payload": _json(stale.body) if stale else None,
                "schema_hint": schema,
                "example_response": degrade.example,
            }
        )
        post = post_to(degrade.post or "", asked, call, command.region, self._clock.now())
        if isinstance(post, Denied):
            return post
        value = json_of((yield post), "the mock", self._clock.wall())
        if isinstance(value, Denied):
            return value
        if "mock" not in value:
            return Denied("the mock answered without a member `mock`")
        said = str(value.get("degradation", ""))
        return _mock(json.dumps(value["mock"]).encode(), "stale" if "stale" in said else "mocked")

    def _drop(self, key: str) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._bytes -= len(gone.body)


def _key(call: Call) -> str:
    """What an answer belongs to: the address, what chose the answer, and who asked."""
    chosen = sorted(f"{n.lower()}:{_text(v)}" for n, v in call.headers if n.lower() in _CHOOSING)
    who = [call.own.token.digest()] if isinstance(call.own, Grant) else []
    # Cookies and keys in headers make an answer somebody's, as an Authorization does.
    who += sorted(v.digest() for _, v in call.headers if isinstance(v, Secret))
    parts = [call.destination.name, call.tenant, call.method, call.path, *chosen, *who]
    return Secret("\n".join(parts)).digest()


def _text(value: str | Secret) -> str:
    return value.digest() if isinstance(value, Secret) else value


def _labels(label: Label) -> tuple[tuple[str, str], ...]:
    return (("Healer-Outcome", "degraded"), ("Healer-Degradation", label))


def _mock(body: bytes, label: Label = "mocked") -> Reply:
    kind = "application/json" if _json(body) is not None else "application/octet-stream"
    headers = (("Content-Type", kind), *_labels(label))
    return Reply(200, headers, body)


def _json(body: bytes | None) -> Any:
    try:
        return json.loads(body or b"")
    except (ValueError, RecursionError):
        return None


def _without_none(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
