"""What a reply told its client beyond status and kind, written into the row for the verdict."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from battle_healer_mock.answer import Failure, Headers, Page, Reply
from battle_healer_mock.chance import text_digest
from battle_healer_mock.charge import canonical, field_digests
from battle_healer_mock.journal import ANY_VALUE, Row

_RESETS: Final = ("RateLimit", "RateLimit-Reset", "X-RateLimit-Reset")
_SPENT: Final = re.compile(r'"daily";r=0;t=(\d+)')
# Above this a reset is a time of day, not a number of seconds.
_EPOCH: Final = 100_000_000
_BODY_WAIT: Final = "retry_after_seconds"


def witness(
    row: Row, answer: Failure | Reply | Page, body: bytes, newest: int, now_s: float
) -> None:
    """Note what the reply says. body: as sent. newest: number of the newest row."""
    row.answered = newest
    if answer.headers:
        row.spent_until = _spent_until(answer.headers, now_s)
    if not isinstance(answer, Failure):
        return
    if answer.wait_s is not None:
        row.wait_form = _wait_form(answer.headers) or _body_form(body)
    if answer.members:
        row.asked = _asked(answer.members, row.fields)
        row.offered = tuple(_offered(answer.members, row.region))


def note_fields(row: Row, body: bytes) -> None:
    """Digests of the body's fields, for a request that was answered before they were read."""
    if row.fields or not body:
        return
    try:
        row.fields = field_digests(json.loads(body))
    except (ValueError, RecursionError):
        return


def _wait_form(headers: Headers) -> str | None:
    told = dict(headers)
    if (after := told.get("Retry-After")) is not None:
        return "seconds" if after.isdigit() else "date"
    for name in _RESETS:
        if (reset := told.get(name)) is not None:
            return "date" if reset.isdigit() and int(reset) > _EPOCH else "seconds"
    return None


def _body_form(body: bytes) -> str | None:
    """`body` where the wait stands in plain sight; what a vendor hides deeper is no reproach."""
    try:
        told: object = json.loads(body)
    except ValueError:
        return None
    return "body" if isinstance(told, dict) and _BODY_WAIT in told else None


def _spent_until(headers: Headers, now_s: float) -> float | None:
    match = _SPENT.search(dict(headers).get("RateLimit", ""))
    return round(now_s + int(match[1]), 6) if match else None


def _asked(members: Mapping[str, object], sent: Mapping[str, str]) -> dict[str, str | None]:
    """What is wanted of every field that an error or its hint names. Source: RFC 6902."""
    wanted: dict[str, str | None] = {}
    for error in cast("Sequence[Mapping[str, object]]", members.get("errors", ())):
        hint = cast("Mapping[str, object]", error.get("hint") or {})
        path, old = str(hint.get("path")), str(hint.get("from"))
        if not hint:
            wanted[str(error.get("pointer"))] = ANY_VALUE
        elif hint["op"] == "move":
            wanted |= {old: None, path: sent.get(old, ANY_VALUE)}
        else:
            wanted[path] = text_digest(canonical(hint["value"])) if "value" in hint else None
    return wanted


def _offered(members: Mapping[str, object], here: str) -> Iterator[str]:
    for region in cast("Sequence[Mapping[str, object]]", members.get("regions", ())):
        if region["state"] == "up" and region["name"] != here:
            yield str(region["name"])
