"""An attempt becomes a library's request: address, credential, framing and time-outs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from battle_healer.clients.bodies import Upload
from battle_healer.clients.intake import (
    CALL_HEADER,
    CORRELATION_HEADER,
    EXTENSION,
    SCHEME,
    STREAMED,
)
from battle_healer.clients.library import WIRE, Library
from battle_healer.model import Attempt, Grant
from battle_healer.posts import Post
from battle_healer.secret import Secret

if TYPE_CHECKING:
    import httpx2

_WAITS: Final = ("connect", "read", "write", "pool")

RawHeaders = list[tuple[bytes, bytes]]

# They describe the bytes of the body as the caller wrote it; a repaired one has others.
_OF_THE_BODY: Final = frozenset(
    {"content-digest", "content-md5", "digest", "repr-digest", "signature", "signature-input"}
)


def outgoing(
    attempt: Attempt, original: httpx2.Request, upload: Upload | None, library: Library
) -> httpx2.Request:
    """Return the request of one attempt; the caller's own object stays as it is.

    upload: its body, None where that is in memory.
    """
    sent_on = None if upload is None else upload.stream
    call = attempt.call
    as_given = attempt.region is call.home and original.url.scheme != SCHEME
    waits = _waits(original, attempt.timeout_s)
    if as_given and waits is None and _is_untouched(attempt, original, sent_on):
        return original
    url = original.url if as_given else library.URL(attempt.url)
    host = original.headers.get("host") if as_given else None
    headers: RawHeaders = [(b"Host", host.encode(WIRE) if host else url.netloc)]
    headers += _headers_of(attempt)
    headers += _framing(attempt, original)
    extensions = {n: v for n, v in original.extensions.items() if n not in (EXTENSION, STREAMED)}
    if waits is not None:
        extensions["timeout"] = waits
    return library.Request(
        call.method,
        url,
        headers=headers,
        stream=library.ByteStream(attempt.body or b"") if call.replayable else sent_on,
        extensions=extensions,
    )


def _is_untouched(attempt: Attempt, original: httpx2.Request, sent_on: Any) -> bool:
    """Whether the caller's own request already is what has to go out."""
    call = attempt.call
    return (
        not call.destination.declared
        and attempt.body is call.body
        and attempt.grant is call.own
        and sent_on is None
    )


def posting(post: Post, library: Library) -> httpx2.Request:
    """Return the request of an exchange beside the call."""
    wait_s = post.timeout_s
    return library.Request(
        "POST",
        post.url,
        content=post.body,
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        extensions={
            "timeout": {"connect": wait_s, "read": wait_s, "write": wait_s, "pool": wait_s}
        },
    )


def _headers_of(attempt: Attempt) -> RawHeaders:
    call, destination = attempt.call, attempt.call.destination
    repaired = attempt.body != call.body
    # I2: what is secret goes to declared addresses only. The home region is one of them.
    trusted = attempt.region is call.home or attempt.region.origin in destination.origins
    headers: RawHeaders = []
    for name, value in call.headers:
        if repaired and name.lower() in _OF_THE_BODY:
            continue
        if not isinstance(value, Secret):
            headers.append((name.encode(WIRE), value.encode(WIRE)))
        elif trusted:
            headers.append((name.encode(WIRE), value.reveal().encode(WIRE)))
    grant = attempt.grant
    if grant is not None and trusted:
        headers.append((grant.header.encode(WIRE), _signature(grant)))
    if destination.declared:
        headers.append((CORRELATION_HEADER.encode(), call.correlation_id.encode()))
        if destination.call_header:
            headers.append((CALL_HEADER.encode(), call.id.encode()))
    return headers


def _framing(attempt: Attempt, original: httpx2.Request) -> RawHeaders:
    """How long the body is: counted anew, or as announced where it is sent on."""
    if attempt.body is not None:
        return [(b"Content-Length", str(len(attempt.body)).encode())]
    announced = [
        (name, value)
        for name, value in original.headers.raw
        if name.lower() in (b"content-length", b"transfer-encoding")
    ]
    if not attempt.call.replayable:
        return announced
    return [(b"Content-Length", b"0")] if announced else []


def _signature(grant: Grant) -> bytes:
    text = grant.value.reveal()
    try:
        return text.encode(WIRE)
    except UnicodeEncodeError:
        # Its message would tell the secret; a server refuses such a token anyway.
        return text.encode("utf-8")


def _waits(original: httpx2.Request, left_s: float | None) -> dict[str, float] | None:
    """The time-outs cut to what is left of the deadline; None where all fit already."""
    given: dict[str, float | None] = original.extensions.get("timeout") or {}
    if left_s is None or fit(given, left_s):
        return None
    waits = [given.get(kind) for kind in _WAITS]
    cut = (left_s if wait is None else min(wait, left_s) for wait in waits)
    return dict(zip(_WAITS, cut, strict=True))


def fit(waits: Mapping[str, float | None] | None, left_s: float) -> bool:
    """Whether every time-out of a request is set, and none is longer than what is left."""
    if waits is None:
        return False
    for kind in _WAITS:
        wait = waits.get(kind)
        if wait is None or wait > left_s:
            return False
    return True
