"""What a reply told its client beyond status and kind, written into the row for the verdict."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final, cast

from battle_healer_mock.answer import Failure, Headers, Outgoing, Page, Reply
from battle_healer_mock.chance import text_digest
from battle_healer_mock.charge import canonical, field_digests, short
from battle_healer_mock.journal import ANY_VALUE, Row

_RESETS: Final = ("RateLimit", "RateLimit-Reset", "X-RateLimit-Reset")
_SPENT: Final = re.compile(r'"daily";r=0;t=(\d+)')
# Above this a reset is a time of day, not a number of seconds.
_EPOCH: Final = 100_000_000
# Of a body with very many defects the first are kept, as of its fields.
_MOST_ASKED: Final = 64
_BODY_WAIT: Final = "retry_after_seconds"


def witness(row: Row, answer: Failure | Reply | Page, reply: Outgoing, now_s: float) -> None:
    """Note what the client is about to be told. reply: the answer as it is sent, at `now_s`."""
    row.status, row.told, row.t_headers = reply.status, reply.told, now_s
    for name, value in answer.headers:
        if name == "RateLimit" and (match := _SPENT.search(value)):
            row.spent_until = now_s + int(match[1])
    if isinstance(answer, Reply):
        return
    row.kind = answer.kind
    if isinstance(answer, Page):
        return
    row.cure = row.cure or answer.cure
    if answer.wait_s is not None:
        row.until = now_s + answer.wait_s
        row.wait_form = _wait_form(answer.headers) or _body_form(reply.body)
    if "errors" in answer.members:
        row.asked = _asked(answer.members, row.fields)


def note_fields(row: Row, body: bytes) -> None:
    """Digests of the body's fields, for a request that was answered before they were read."""
    if row.fields:
        return
    try:
        row.fields = field_digests(json.loads(body))
    except (ValueError, RecursionError):
        return


def _wait_form(headers: Headers) -> str | None:
    for name, value in headers:
        if name == "Retry-After":
            return "seconds" if value.isdigit() else "date"
    told = dict(headers)
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


def _asked(members: Mapping[str, object], sent: Mapping[str, str]) -> dict[str, str | None]:
    """What is wanted of every field that an error or its hint names. Source: RFC 6902."""
    wanted: dict[str, str | None] = {}
    errors = cast("Sequence[Mapping[str, object]]", members["errors"])
    for error in errors[:_MOST_ASKED]:
        hint = cast("Mapping[str, object]", error.get("hint") or {})
        path, old = short(str(hint.get("path"))), short(str(hint.get("from")))
        if not hint:
            wanted[short(str(error.get("pointer")))] = ANY_VALUE
        elif hint["op"] == "move":
            wanted |= {old: None, path: sent.get(old, ANY_VALUE)}
        else:
            wanted[path] = text_digest(canonical(hint["value"])) if "value" in hint else None
    return wanted
