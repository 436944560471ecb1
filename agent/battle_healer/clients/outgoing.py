"""An attempt becomes a library's request: address, credential, framing and time-outs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from battle_healer.clients.bodies import Upload
from battle_healer.clients.intake import (
    CALL_HEADER,
    CORRELATION_HEADER,
    EXTENSION,
    SCHEME,
    STREAMED,
)
from battle_healer.clients.library import Library
from battle_healer.model import Attempt
from battle_healer.posts import Post
from battle_healer.secret import Secret

if TYPE_CHECKING:
    import httpx2

RawHeaders = list[tuple[bytes, bytes]]

# They describe the bytes of the body as the caller wrote it; a repaired one has others.
_OF_THE_BODY: Final = frozenset({"content-digest", "content-md5", "digest", "signature"})


def outgoing(
    attempt: Attempt, original: httpx2.Request, upload: Upload, library: Library
) -> httpx2.Request:
    """Return the request of one attempt; the caller's own object stays as it is."""
    call = attempt.call
    as_given = attempt.region == call.home and original.url.scheme != SCHEME
    url = original.url if as_given else library.URL(attempt.url)
    host = original.headers.get("host") if as_given else None
    headers: RawHeaders = [(b"Host", host.encode("ascii") if host else url.netloc)]
    headers += _headers_of(attempt, original.headers.encoding)
    headers += _framing(attempt, original)
    stream = library.ByteStream(attempt.body or b"") if call.replayable else upload.stream
    return library.Request(
        call.method,
        url,
        headers=headers,
        stream=stream,
        extensions=_extensions(original.extensions, attempt.timeout_s),
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


def _headers_of(attempt: Attempt, encoding: str) -> RawHeaders:
    call, destination = attempt.call, attempt.call.destination
    repaired = attempt.body != call.body
    # I2: what is secret goes to declared addresses only. The home region is one of them.
    trusted = attempt.region is call.home or attempt.region.origin in destination.origins
    headers: RawHeaders = []
    for name, value in call.headers:
        if repaired and name.lower() in _OF_THE_BODY:
            continue
        if isinstance(value, Secret):
            if trusted:
                headers.append((name.encode("ascii"), value.reveal().encode(encoding)))
        else:
            headers.append((name.encode("ascii"), value.encode(encoding)))
    grant = attempt.grant
    if grant is not None and trusted:
        value_bytes = grant.value.reveal().encode(encoding)
        headers.append((grant.header.encode("ascii"), value_bytes))
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


def _extensions(given: dict[str, Any], left_s: float | None) -> dict[str, Any]:
    """The caller's extensions, with each time-out cut to what is left of the deadline."""
    extensions = {n: v for n, v in given.items() if n not in (EXTENSION, STREAMED)}
    if left_s is not None:
        waits = given.get("timeout") or {}
        extensions["timeout"] = {
            kind: left_s if (wait := waits.get(kind)) is None else min(wait, left_s)
            for kind in ("connect", "read", "write", "pool")
        }
    return extensions
