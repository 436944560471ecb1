"""How a good reply is written otherwise than it should be, byte by byte.

Every spoilt reply carries the digest of the content as it should have been, so that a client
which compares can notice what no status tells it. Source: RFC 9530, section 2.
"""

from __future__ import annotations

import gzip
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus
from typing import Final

from battle_healer_mock.answer import Lost, Outgoing, Spoilt
from battle_healer_mock.fault import Shot

# Longer than any client's own time-out that is not "never".
SILENCE_S: Final = 300.0
# Ends the connection in good order where the reply looks whole, so that only it is spoilt.
LAST: Final[dict[str, str | None]] = {"connection": "close"}


def spoilt(shot: Shot, spoil: Callable[[Outgoing], Lost]) -> Spoilt | None:
    """The success of this exchange, to be sent as `spoil` writes it."""
    reply = shot.x.success_reply()
    return None if reply is None else Spoilt(reply, spoil)


def digest_field(content: bytes) -> str:
    """The value of Content-Digest for `content`."""
    return f"sha-256=:{b64encode(sha256(content).digest()).decode()}:"


def head(reply: Outgoing, whole: bytes, fields: dict[str, str | None] | None = None) -> bytes:
    """Status line and headers. whole: the content that the digest is of.

    fields: headers to replace or add; None drops one.
    """
    kept = {name.decode(): value.decode("latin-1") for name, value in reply.headers}
    kept |= {"content-digest": digest_field(whole)}
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    lines += [
        f"{name}: {value}" for name, value in (kept | (fields or {})).items() if value is not None
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def packed(body: bytes) -> bytes:
    """The body under gzip, the same bytes in every run."""
    return gzip.compress(body, mtime=0)


def half(content: bytes) -> bytes:
    """The first half of it."""
    return content[: len(content) // 2]
