"""A library's request becomes a call: where it goes, what is declared of it, what is secret."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from battle_healer.clients.bodies import Upload
from battle_healer.clients.library import WIRE
from battle_healer.clients.replaying import REPLAY, Replay
from battle_healer.errors import UsageError
from battle_healer.model import Call, Grant
from battle_healer.rules import IDEMPOTENT_METHODS, Destination, Region, Rules
from battle_healer.secret import Secret, is_secret_header
from battle_healer.text import safe, valid_correlation_id

if TYPE_CHECKING:
    import httpx2

SCHEME: Final = "healer"
"""Of addresses that name a destination: `healer://payments/charges`."""

EXTENSION: Final = "healer"
"""Of a request: `{"deadline_s": 5}`. Of a reply: how its call ended."""

STREAMED: Final = "healer.streamed"
"""A request extension: the caller wants the body as a stream."""

CALL_HEADER: Final = "Healer-Call"
CORRELATION_HEADER: Final = "X-Correlation-ID"
KEY_HEADER: Final = "Idempotency-Key"

# Made anew for each attempt.
_FRAMING: Final = frozenset({"host", "content-length", "transfer-encoding"})
_FRAMING_AND_OURS: Final = _FRAMING | {CALL_HEADER.lower(), CORRELATION_HEADER.lower()}
_SIGNING: Final = frozenset({"authorization"})
_ORIGINS_KNOWN: Final = 1000

Place = tuple[Destination, Region, str]


@dataclass(slots=True)
class _Lines:
    """What the header lines of a request said."""

    own: Grant | None = None
    key: str | None = None
    correlation_id: str | None = None
    headers: list[tuple[str, str | Secret]] = field(default_factory=list)


class Intake:
    """Turns requests into calls, for one set of rules. Thread-safe.

    new_id: `"call"` gives `call-` and a uuid7.
    """

    def __init__(self, rules: Rules, new_id: Callable[[str], str]) -> None:
        self._rules, self._new_id = rules, new_id
        self._declared = frozenset().union(*(d.origins for d in rules.destinations))
        self._undeclared: dict[str, tuple[Destination, Region]] = {}
        self._names = {d.name.lower(): d for d in rules.destinations}

    def call(
        self, request: httpx2.Request, upload: Upload, began: float, correlation: str | None
    ) -> Call:
        """Return the call that a request wants done.

        began: the monotonic second at which it was made. correlation: the id that surrounded it
        then. Raises UsageError for an unknown destination name, or a deadline that is no number.
        """
        destination, home, path = self._place(request.url)
        method = request.method
        endpoint = destination.endpoint(method, path.partition("?")[0])
        lines = self._read(request, destination)
        key, headers = lines.key or None, tuple(lines.headers)
        if key is None and endpoint.idempotency == "create" and method not in IDEMPOTENT_METHODS:
            # Made before the first byte, once: every attempt and replay carries the same.
            key = self._new_id("key")
            headers = (*headers, (KEY_HEADER, key))
        name = self._new_id("call")
        # One uuid for both, where nobody gave a correlation id: half the work, and easy to match.
        own_correlation = lines.correlation_id or correlation
        call = Call(
            id=name,
            correlation_id=own_correlation or name.replace("call-", "corr-", 1),
            method=method,
            destination=destination,
            endpoint=endpoint,
            home=home,
            path=path,
            headers=headers,
            body=upload.body,
            replayable=upload.replayable,
            own=lines.own,
            key=key,
            began=began,
            deadline=began + self._deadline_s(request),
        )
        replay: Any = request.extensions.get(REPLAY)
        return call if replay is None else _replayed(call, replay)

    def named(self, name: str) -> Destination:
        """Return the declared destination of that name, in any case. Raises UsageError."""
        found = self._names.get(name.lower())
        if found is not None:
            return found
        near = difflib.get_close_matches(name.lower(), self._names, 1)
        hint = f"Did you mean {near[0]}? " if near else ""
        known = ", ".join(sorted(self._names)) or "none"
        raise UsageError(
            f"no destination is named {safe(name)!r}",
            self._rules.source,
            f"{hint}Declared: {known}.",
        )

    def _place(self, url: httpx2.URL) -> Place:
        target = url.raw_path.decode("ascii")
        if url.scheme == SCHEME:
            destination = self.named(url.host)
            home = min(destination.regions, key=lambda region: region.priority)
            return destination, home, target
        origin = origin_of(url)
        if origin in self._declared:
            found, home, path = self._rules.place(origin + target)
            # A region's own address has no path; a slash would make it another one.
            bare = path == "/" and not target.endswith("/")
            return found, home, "" if bare else path
        known = self._undeclared.get(origin)
        if known is None:
            known = self._rules.place(origin + target)[:2]
            if len(self._undeclared) >= _ORIGINS_KNOWN:
                self._undeclared.clear()
            self._undeclared[origin] = known
        return *known, target

    def _read(self, request: httpx2.Request, destination: Destination) -> _Lines:
        """Read the header lines once: who asks, under which key, and what is secret."""
        signing = _SIGNING
        if destination.credentials:
            signing = signing.union(rule.header.lower() for rule in destination.credentials)
        left_out = _FRAMING_AND_OURS if destination.declared else _FRAMING
        lines = _Lines()
        for raw_name, raw_value in request.headers.raw:
            name, value = raw_name.decode(WIRE), raw_value.decode(WIRE)
            lower = name.lower()
            if lower in signing and lines.own is None:
                lines.own = _grant(name, value)
                continue
            if lower == "idempotency-key":
                lines.key = value
            elif lower == "x-correlation-id" and valid_correlation_id(value):
                lines.correlation_id = value
            if lower not in left_out:
                is_secret = is_secret_header(lower, self._rules.secret_headers)
                lines.headers.append((name, Secret(value) if is_secret else value))
        return lines

    def _deadline_s(self, request: httpx2.Request) -> float:
        """Seconds for the whole call: the caller's own, else the policy's."""
        wanted: Any = request.extensions.get(EXTENSION)
        if wanted is None:
            return self._rules.bounds.deadline_s
        seconds: Any = wanted.get("deadline_s") if isinstance(wanted, dict) else None
        if not _is_duration(seconds) or set(wanted) != {"deadline_s"}:
            raise UsageError(
                f"{safe(repr(wanted))} is no deadline",
                'extensions["healer"]',
                'Write extensions={"healer": {"deadline_s": 5}}, in seconds above 0.',
            )
        return float(seconds)


def origin_of(url: httpx2.URL) -> str:
    """Scheme, host and port, without user information: the library sends it as a header."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _replayed(call: Call, replay: Replay) -> Call:
    """The call as it was when it was parked, by its old names."""
    return dataclasses.replace(
        call,
        id=replay.call_id,
        correlation_id=replay.correlation_id,
        tenant=replay.tenant,
        origin="replay",
    )


def _is_duration(value: Any) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and value > 0
    )


def _grant(header: str, value: str) -> Grant:
    """The caller's own credential; its scheme is kept as it was written."""
    scheme, blank, token = value.partition(" ")
    if header.lower() != "authorization" or not blank:
        scheme, token = "", value
    return Grant(None, Secret(token), header, scheme)
