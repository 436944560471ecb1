"""`{"code": …, "message": …}`, `{"detail": "…"}`, `{"success": false}`: a flat error object."""

from __future__ import annotations

from typing import Any, Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Finding, Reader
from battle_healer.diagnosis.members import texts
from battle_healer.diagnosis.soft import states_failure, status_in

_CODES: Final = ("code", "errorCode", "error_code", "errcode", "category", "errorType", "reason",
                 "type", "policyName")  # fmt: skip
_PROSE: Final = ("message", "msg", "detail", "errors", "error_message", "errorMessage", "errmsg",
                 "description", "Message", "title")  # fmt: skip


def _read(x: Exchange) -> Finding | None:
    body = x.object
    prose = texts(body, _PROSE)
    codes = texts(body, _CODES)
    if not codes and not prose and not states_failure(body):
        return None
    told: Any = body.get("messages")
    items = [item for item in told[:20] if isinstance(item, dict)] if isinstance(told, list) else []
    return Finding(
        codes=codes,
        prose=(*prose, *(t for item in items for t in texts(item, ("message",)))),
        status=status_in(body),
        evidence=tuple(f"/{name}" for name in (*_CODES, *_PROSE) if name in body)[:4],
    )


ROW: Final = Reader(
    "envelope",
    "a flat object with a code or a message",
    "Twilio REST API, Error responses; Django REST framework, APIException",
    _read,
)
