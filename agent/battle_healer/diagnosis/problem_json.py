"""Problem details: `{"type": …, "title": …, "status": …, "detail": …}` and members beside them."""

from __future__ import annotations

from typing import Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Blame, Finding, Reader
from battle_healer.diagnosis.members import blames_in, first, texts

_LISTS: Final = ("errors", "invalid-params", "invalid_params", "invalidParams", "violations")


def _read(x: Exchange) -> Finding | None:
    body = x.object
    stated = x.media == "application/problem+json" and bool(body)
    if not stated and not (isinstance(body.get("title"), str) and "status" in body):
        return None
    listed = next((name for name in _LISTS if body.get(name)), "")
    blames = blames_in(body.get(listed)) if listed else ()
    prose = texts(body, ("title", "detail"))
    if isinstance(body.get("pointer"), str):
        blames = (Blame(body["pointer"], text=" ".join(prose)),)
    return Finding(
        codes=texts(body, ("code", "errorCode", "error_code", "error", "type")),
        prose=tuple(reversed(prose)),
        blames=blames,
        scope=first(body, ("scope", "required_scope")) or None,
        evidence=tuple(f"/{name}" for name in ("type", "title", "detail", listed) if name in body),
    )


ROW: Final = Reader("problem_json", "a problem document", "RFC 9457", _read)
