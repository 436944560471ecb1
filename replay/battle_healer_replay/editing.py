"""What may become of a payload that a person edits: the same call, with a body that is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from battle_healer_replay.entry import Draft, Entry, Payload
from battle_healer_replay.errors import ForbiddenError
from battle_healer_replay.parking import checked

_KEY_HEADER: Final = "Idempotency-Key"


def with_body(newest: Payload, body: bytes | None, key: str | None) -> Payload:
    """The same request with another body, under another key; its header follows."""
    headers = tuple(
        (name, value) for name, value in newest.headers if name.lower() != _KEY_HEADER.lower()
    )
    if key is not None:
        headers = (*headers, (_KEY_HEADER, key))
    return replace(newest, headers=headers, body=body, key=key)


def edited(entry: Entry, before: Sequence[Payload], payload: Payload) -> Payload:
    """The payload of a new revision, without headers that hold credentials.

    before: all earlier revisions. Raises ForbiddenError for what would make another call of it or
    leave it unprotected (I1), RefusedError for what no entry may hold.
    """
    sent = next((v for n, v in payload.headers if n.lower() == _KEY_HEADER.lower()), None)
    objections = (
        (
            payload.method != before[-1].method,
            "another method makes another call",
            "Cancel this entry, and park the other call.",
        ),
        (
            payload.key is None and before[-1].key is not None,
            "without a key it would be sent again unprotected",
            "Give the new revision a new key.",
        ),
        (
            payload.key is not None and any(payload.key == old.key for old in before),
            "another body under the same key",
            "Give the new revision a new key.",
        ),
        (
            sent != payload.key,
            "its Idempotency-Key is not the key of the revision",
            "Send the new key in that header, and no other.",
        ),
    )
    for wrong, what, fix in objections:
        if wrong:
            raise ForbiddenError(what, entry.id, fix)
    draft = Draft(
        entry.call_id,
        entry.correlation_id,
        entry.destination,
        payload,
        entry.safe,
        tenant=entry.tenant,
        queue=entry.queue,
    )
    return checked(draft).payload
