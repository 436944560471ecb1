"""`event: error` and its data, at the beginning of a stream that was read."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from battle_healer.diagnosis import envelope, error_object, oauth_error
from battle_healer.diagnosis.exchange import Exchange, json_of
from battle_healer.diagnosis.finding import Finding, Reader
from battle_healer.diagnosis.soft import failed_event

_SHAPES: Final = (error_object.ROW, oauth_error.ROW, envelope.ROW)


def _read(x: Exchange) -> Finding | None:
    if x.media != "text/event-stream":
        return None
    data = failed_event(x.text)
    if data is None:
        return None
    inner = replace(x, media="application/json", value=json_of(data), text=data)
    found = (finding for row in _SHAPES if (finding := row.read(inner)) is not None)
    return next(found, Finding(prose=(data[:4_000],), evidence=("body",)))


ROW: Final = Reader(
    "event_stream", "an error event", "HTML Living Standard, 9.2 Server-sent events", _read
)
