"""One exchange as the readers see it: decoded once, bounded, never raising."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from battle_healer.model import Attempt, Reply
from battle_healer.naming import plain
from battle_healer.pointers import ABSENT, walk

MOST_BYTES: Final = 1_048_576
_MOST_FORM_FIELDS: Final = 500
_MOST_DEPTH: Final = 6
_MOST_PLACES: Final = 3_000
# Those in use. Python knows others, of which some need minutes for a mebibyte (punycode, idna).
_CHARSET: Final = re.compile(
    r"utf-?(?:8|16|32)(?:-?[bl]e)?|(?:us-)?ascii|iso-?8859-?\d{1,2}|latin-?\d|(?:windows-?|cp)\d{3,4}"
    r"|koi8-[ru]|shift[-_]jis|euc-?(?:jp|kr)|iso-2022-jp|gb(?:2312|k|18030)|big5"
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was sent and what came back.

    media: media type of the reply, lower case, without parameters; "" for none.
    text: the reply's body as text, "" for none. is_text: whether its bytes are text at all.
    value: the reply's JSON value, else ABSENT; `object` is it where it is an object, else {}.
    sent: the request's JSON (or form) value, else ABSENT. places: where names stand in it.
    query: parameter names of the request.
    """

    attempt: Attempt
    reply: Reply
    wall: datetime
    media: str
    text: str
    is_text: bool
    value: Any
    sent: Any = ABSENT
    places: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    query: frozenset[str] = frozenset()

    @property
    def object(self) -> Mapping[str, Any]:
        """The reply's JSON object; empty where it is none."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def status(self) -> int:
        """The status line's."""
        return self.reply.status

    @property
    def is_json(self) -> bool:
        """Whether the reply claims to be JSON."""
        return is_json(self.media)


def exchange(attempt: Attempt, reply: Reply, wall: datetime) -> Exchange:
    """Decode the reply of an attempt. Never raises; what cannot be read is absent."""
    media = media_of(reply.header("content-type"))
    text, is_text = _text(reply.body or b"", reply.header("content-type") or "")
    looks_json = is_json(media) or text.lstrip()[:1] in ("{", "[")
    return Exchange(
        attempt=attempt,
        reply=reply,
        wall=wall,
        media=media,
        text=text,
        is_text=is_text,
        value=json_of(text) if looks_json and is_text else ABSENT,
    )


def with_request(x: Exchange) -> Exchange:
    """The exchange with its request decoded too, which only a failure needs."""
    sent = _sent(x.attempt)
    return replace(x, sent=sent, places=_places(sent), query=_query(x.attempt.call.path))


def _places(sent: Any) -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """Where each name stands in the request, by its plain form: looked up for every blame."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for at, _ in walk(sent, depth=_MOST_DEPTH, most=_MOST_PLACES):
        found.setdefault(plain(at[-1]), []).append(at)
    return {name: tuple(places) for name, places in found.items()}


def media_of(content_type: str | None) -> str:
    """The media type in a Content-Type, lower case, without parameters."""
    return (content_type or "").partition(";")[0].strip().lower()


def is_json(media: str) -> bool:
    """Whether a media type is JSON, also by its suffix (`application/problem+json`)."""
    return media.endswith(("/json", "+json")) or "amz-json" in media


def json_of(text: str | bytes) -> Any:
    """The JSON value of a text (bytes: UTF-8), ABSENT where it is none or too deep to be read."""
    try:
        return json.loads(text.decode() if isinstance(text, bytes) else text)
    except (ValueError, RecursionError):
        return ABSENT


def _text(body: bytes, content_type: str) -> tuple[str, bool]:
    charset = content_type.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
    try:
        if charset and not _CHARSET.fullmatch(charset):
            raise LookupError(charset)
        return body[:MOST_BYTES].decode(charset or "utf-8-sig"), True
    except (LookupError, ValueError):
        return body[:MOST_BYTES].decode("utf-8", "replace"), False


def _sent(attempt: Attempt) -> Any:
    if not attempt.body or len(attempt.body) > MOST_BYTES:
        return ABSENT
    named = {name.lower(): value for name, value in attempt.call.headers}
    media = media_of(str(named.get("content-type", "")))
    if media == "application/x-www-form-urlencoded":
        return _form(attempt.body)
    return json_of(attempt.body)


def _form(body: bytes) -> Any:
    """The object that the names of a form spell: `card[exp_month]=8` is {"card": {...}}."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FORM_FIELDS)
    except ValueError:
        return ABSENT
    form: dict[str, Any] = {}
    for name, value in pairs:
        _spell(form, name.replace("]", "").split("[")[:8], value)
    return form


def _spell(parent: dict[str, Any], path: list[str], value: str) -> None:
    for token in path[:-1]:
        child = parent.setdefault(token, {})
        if not isinstance(child, dict):
            return
        parent = child
    parent[path[-1]] = value


def _query(path: str) -> frozenset[str]:
    try:
        pairs = parse_qsl(urlsplit(path).query, keep_blank_values=True, max_num_fields=200)
    except ValueError:
        return frozenset()
    return frozenset(name for name, _ in pairs)
