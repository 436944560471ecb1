"""The question that every reply is asked: whether it may go to the caller as it is.

The commonest good reply is recognised at once, by its bytes; any other is looked at as `diagnose`
does, so the two cannot disagree.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from battle_healer.contract import meets
from battle_healer.diagnosis.diagnose import below_400
from battle_healer.diagnosis.exchange import exchange
from battle_healer.diagnosis.soft import TELLING
from battle_healer.diagnosis.statuses import is_redirect
from battle_healer.model import Attempt, Kind, Reply
from battle_healer.rules import Schema

_FAILURE: Final = 400
_PLAIN: Final = frozenset({200, 201, 202, 203})
_PLAIN_TYPES: Final = frozenset({b"application/json", b"application/json; charset=utf-8"})
# What may change the meaning of an answer, or of its bytes.
_TELLING_LINES: Final = frozenset(
    {b"content-encoding", b"healer-outcome", b"warning", b"x-degradation", b"x-processed"}
)
_DIGITS: Final = 15  # longer ones Python may refuse to read
_BLANKS: Final = " \t\r\n"
_decode: Final = json.JSONDecoder().raw_decode
# No clock is needed to tell that nothing is wrong.
_NO_TIME: Final = datetime.min.replace(tzinfo=UTC)


def is_clean(attempt: Attempt, reply: Reply) -> bool:
    """Whether `diagnose` would find nothing wrong with a reply; never raises."""
    if reply.status >= _FAILURE or is_redirect(reply.status):
        return False
    return below_400(exchange(attempt, reply, _NO_TIME)).kind is Kind.OK


def is_plain_head(status: int, lines: Iterable[tuple[bytes, bytes]], limit: int) -> bool:
    """Whether a reply's head announces JSON as it is, of at most `limit` bytes, unlabelled."""
    if status not in _PLAIN:
        return False
    media = b""
    for name, value in lines:
        lower = name.lower()
        if lower in _TELLING_LINES:
            return False
        if lower == b"content-type":
            media = media or value
        elif lower == b"content-length" and not (
            value.isdigit() and len(value) <= _DIGITS and int(value) <= limit
        ):
            return False
    return media in _PLAIN_TYPES


def is_plain_body(body: bytes, schema: Schema | None) -> bool:
    """Whether a whole body under a plain head is good: JSON, no word of failure, as contracted."""
    try:
        text = body.decode().strip(_BLANKS)
        value, end = _decode(text)
    except (ValueError, RecursionError):
        return False
    if end != len(text) or (isinstance(value, dict) and not TELLING.isdisjoint(value)):
        return False
    return schema is None or meets(schema, value)
