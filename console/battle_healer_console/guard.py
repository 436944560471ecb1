"""Who may use the API before there is authentication: programs of this machine, and no web page.

A page of any origin can make a browser send requests to this machine, and with a name of its own
that leads here (DNS rebinding) even read the answers. So the Host must be this machine, and what a
browser says of a request's origin must be this very API. Source: W3C Fetch Metadata; RFC 6454.
"""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from battle_healer.text import safe
from battle_healer_console.asgi import App, Message, Receive, Scope, Send, header
from battle_healer_console.errors import (
    LargeRequestError,
    NotJsonError,
    OpenHostError,
    StrangerError,
)
from battle_healer_console.problems import send_problem
from battle_healer_replay.entry import RULE

MOST_BYTES: Final = 8 * RULE.body_bytes
"""The largest request: a body in JSON, with all of it escaped, is about six times as long."""

_DRAINED_BYTES: Final = 8 * MOST_BYTES
_OUR_SITES: Final = frozenset({"same-origin", "none"})


def refuse_open_host(host: str) -> None:
    """Raise OpenHostError for an address at which others than this machine would be heard."""
    if not _is_here(host):
        raise OpenHostError(
            f"the queue's API has no authentication yet, so it does not listen at {safe(host)}",
            "--host",
            "Use 127.0.0.1, and reach it from elsewhere through a tunnel, such as ssh -L.",
        )


class Guard:
    """Lets through what this machine's own programs ask, with a body that is whole and bounded."""

    def __init__(self, inner: App) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a problem, or let the application answer."""
        try:
            _refuse_strangers(scope)
            body = await _whole(receive)
            _refuse_other_types(scope, body)
        except (StrangerError, LargeRequestError, NotJsonError) as error:
            await send_problem(send, error, scope["path"])
            return
        if body is not None:
            await self._inner(scope, _given(body, receive), send)


def _refuse_strangers(scope: Scope) -> None:
    host = header(scope, "host") or ""
    if not _is_here(urlsplit(f"//{host}").hostname if _is_plain(host) else None):
        raise StrangerError(
            f"the Host {safe(host)!r} is not this machine", "Host", "Use 127.0.0.1 or localhost."
        )
    site, origin = header(scope, "sec-fetch-site"), header(scope, "origin")
    if (site or "none") not in _OUR_SITES or origin not in (None, f"{scope['scheme']}://{host}"):
        raise StrangerError(
            f"a web page of {safe(origin or 'another site')} may not use it",
            "Origin" if origin else "Sec-Fetch-Site",
            "Ask from a program of this machine, such as curl.",
        )


def _refuse_other_types(scope: Scope, body: bytes | None) -> None:
    if not body:
        return
    kind = (header(scope, "content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise NotJsonError(
            f"a body of type {safe(kind) or 'unknown'}",
            "Content-Type",
            "Send JSON, and say so: Content-Type: application/json",
        )


def _is_plain(host: str) -> bool:
    return host.isascii() and not set(host) & set("/\\@?# ") and host.count("[") == host.count("]")


def _is_here(host: str | None) -> bool:
    """Whether a host's name can only mean this machine."""
    if host is None:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _whole(receive: Receive) -> bytes | None:
    """The whole body; None where the client has gone. Raises LargeRequestError."""
    parts, size = bytearray(), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part: bytes = message.get("body", b"")
        size += len(part)
        if size <= MOST_BYTES:
            parts += part
        # Read on, or a client that is still sending would see a reset and no answer.
        if not message.get("more_body") or size > _DRAINED_BYTES:
            break
    if size > MOST_BYTES:
        raise LargeRequestError(
            f"a request of more than {MOST_BYTES} bytes",
            "body",
            f"A body of {RULE.body_bytes} bytes can be kept.",
        )
    return bytes(parts)


def _given(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read, and after that what the connection gives."""
    whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_next() -> Message:
        return whole.pop() if whole else await receive()

    return receive_next
