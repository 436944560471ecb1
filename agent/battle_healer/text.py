"""Text that came from elsewhere, made safe to show (I7), and what must not be shown at all (I2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final
from urllib.parse import unquote_plus

from battle_healer.secret import MASK, Secret, is_secret_header, is_secret_query

_INVISIBLE: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
)
"""Characters that count as printable and yet show nothing; variation selectors come on top."""

_CORRELATION_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_HOST_AND_PORT: Final = re.compile(r"(\[[0-9A-Fa-f:.]*\]|[^:@\[\]]*)(:[0-9]*)?")
_URL_HEADERS: Final = frozenset({"location", "content-location", "referer", "link", "origin"})


def safe(text: str | bytes, limit: int = 200) -> str:
    r"""Text of at most `limit` characters, on one line, without anything that acts or hides.

    Control characters, terminal escapes, line ends, direction marks, zero-width, tag and
    private characters are shown as escapes ("\x1b"); bytes that are not UTF-8 too. Longer text
    ends with an ellipsis. Never raises. limit: 1 or more.
    """
    if isinstance(text, str) and len(text) <= limit and text.isascii() and text.isprintable():
        return text  # nearly all text is plain, and this is fifty times as fast
    # One character gives one or more, so more than `limit` of them are never needed; four bytes
    # are the longest character.
    if isinstance(text, bytes):
        cut = text[: 4 * limit + 4]
        text = cut.decode("utf-8", "backslashreplace")
    shown = "".join(c if _is_plain(c) else _escaped(c) for c in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _is_plain(character: str) -> bool:
    """Printable, by Unicode's own classes, and really visible."""
    if character.isascii():
        return character.isprintable()
    return (
        character.isprintable()
        and character not in _INVISIBLE
        and not "\ufe00" <= character <= "\ufe0f"
        and not "\U000e0000" <= character <= "\U000e0fff"
    )


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def safe_url(url: str, more: frozenset[str] = frozenset(), limit: int = 500) -> str:
    """URL with user info and secret query values masked, and safe to show. Never raises.

    more: lower-case query names that are secret too. The fragment is read like a query, since
    some flows carry tokens there.
    """
    head, mark, fragment = url.partition("#")
    head, question, query = head.partition("?")
    shown = _without_userinfo(head)
    shown += question + _masked_query(query, more) + mark + _masked_query(fragment, more)
    return safe(shown, limit)


def has_secret_query(url: str) -> bool:
    """Whether the query of a URL holds a credential."""
    query = url.partition("?")[2]
    return _masked_query(query, frozenset()) != query


def _without_userinfo(head: str) -> str:
    scheme, slashes, rest = head.replace("\\", "/").partition("//")
    if not slashes:
        scheme, rest = "", head
    authority, slash, path = rest.partition("/")
    userinfo, at, host = authority.rpartition("@")
    if not _HOST_AND_PORT.fullmatch(host) and "@" in rest:
        # A password with a bare slash in it: not a URL, but still a password.
        userinfo, at, host = rest.rpartition("@")
        slash, path = "", ""
    return scheme + slashes + (MASK + at if userinfo or at else "") + host + slash + path


def _masked_query(query: str, more: frozenset[str]) -> str:
    return "".join(
        _masked_pair(part, more) if index % 2 == 0 else part
        for index, part in enumerate(re.split("([&;])", query))
    )


def _masked_pair(pair: str, more: frozenset[str]) -> str:
    name, equals, _ = pair.partition("=")
    plain = unquote_plus(name).strip().lower()
    is_secret = is_secret_query(plain) or plain in more
    return f"{name}={MASK}" if equals and is_secret else pair


def redact_headers(
    headers: Iterable[tuple[str, str | Secret]], more: frozenset[str] = frozenset()
) -> tuple[tuple[str, str], ...]:
    """Headers with secret values masked and the others safe to show, in order.

    more: lower-case names of headers that are secret too.
    """
    return tuple((safe(name), _header_value(name, value, more)) for name, value in headers)


def _header_value(name: str, value: str | Secret, more: frozenset[str]) -> str:
    if isinstance(value, Secret) or is_secret_header(name.strip(), more):
        return MASK
    return safe_url(value) if name.strip().lower() in _URL_HEADERS else safe(value)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the fix for an unknown word: the nearest of the known ones, and all of them."""
    names = sorted(known)
    close = get_close_matches(word[:100], names, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return f"{hint}Known: {', '.join(names)}."


def valid_correlation_id(text: str) -> bool:
    """Whether `text` may stand as a correlation id: 1 to 128 of letters, digits, `.`, `_`, `-`."""
    return _CORRELATION_ID.fullmatch(text) is not None
