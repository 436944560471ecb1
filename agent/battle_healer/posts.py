"""JSON exchanges beside a call: for a token, or for a mock. They are no requests of the call.

Nothing here does I/O: a generator yields a `Post`, and whoever holds the connection answers it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from battle_healer import waits
from battle_healer.commands import Denied
from battle_healer.model import Call, Lost, Reply
from battle_healer.rules import Region
from battle_healer.text import safe

ANSWER_BYTES: Final = 65_536
"""The longest answer that is read; a token or a mock is short."""

PATIENCE_S: Final = 10.0
"""The longest wait for an answer, if the deadline leaves as much."""


@dataclass(frozen=True, slots=True)
class Post:
    """One exchange. Redirects are not followed, and it does not go through healing."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    timeout_s: float


def post_to(
    target: str, body: Mapping[str, Any], call: Call, region: Region, now: float
) -> Post | Denied:
    """Return the exchange with `target`: a path under the region, or a declared absolute URL.

    Denied where the address is not of a declared origin (I2), or no time is left.
    now: monotonic seconds of the clock that runs the call.
    """
    url = region.url + target if target.startswith("/") else target
    parts = urlsplit(url)
    if f"{parts.scheme}://{parts.netloc.lower()}" not in call.destination.origins:
        return Denied(f"{safe(parts.netloc)} is no declared address of {call.destination.name}")
    left_s = call.deadline - now
    if left_s <= 0:
        return Denied("the deadline of the call is over")
    return Post(url, json.dumps(body).encode(), min(left_s, PATIENCE_S))


def json_of(answer: Reply | Lost, what: str, wall: datetime) -> dict[str, Any] | Denied:
    """Return the JSON object of an answer, or why there is none.

    what: names it in the reason. wall: the aware time of day.
    """
    if isinstance(answer, Lost):
        return Denied(f"{what} gave no answer: {safe(answer.message) or answer.phase}")
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        wait_s = waits.wait_s(answer.headers, _value(answer.body or b""), wall)
        return Denied(f"{what} answered {answer.status}", wait_s or 0.0)
    if answer.body is None or answer.truncated:
        return Denied(f"{what} answered with a body that is too long or cut off")
    value = _value(answer.body)
    if value is None:
        return Denied(f"{what} answered with something that is not JSON")
    if not isinstance(value, dict):
        return Denied(f"{what} answered with JSON that is no object")
    return value


def _value(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
