"""`{"error": {"code": …, "message": …, "param": …}}`: the commonest shape of all."""

from __future__ import annotations

from typing import Any, Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Blame, Finding, Reader
from battle_healer.diagnosis.members import CODES, blame, blames_in, texts

_PROSE: Final = ("message", "reason", "faultstring")
_LISTS: Final = ("details", "errors", "fields", "root_cause")


def _read(x: Exchange) -> Finding | None:
    at = "error" if "error" in x.object else "fault"
    error: Any = x.object.get(at)
    if not isinstance(error, dict) or not error:
        return None
    inner = error.get("innererror", error.get("inner"))
    parts = [error, inner] if isinstance(inner, dict) else [error]
    listed = [item for name in _LISTS for item in _items(error.get(name))]
    return Finding(
        codes=tuple(code for part in [*reversed(parts), *listed] for code in texts(part, CODES)),
        prose=tuple(text for part in [*parts, *listed] for text in texts(part, _PROSE)),
        blames=_blames(error, listed),
        evidence=tuple(f"/{at}/{name}" for name in error if name in ("code", "type", "message")),
    )


def _items(value: Any) -> list[dict[str, Any]]:
    return (
        [item for item in value[:20] if isinstance(item, dict)] if isinstance(value, list) else []
    )


def _blames(error: dict[str, Any], listed: list[dict[str, Any]]) -> tuple[Blame, ...]:
    found = blames_in(listed)
    if found:
        return found
    fields = error.get("fields", error.get("errors"))
    if isinstance(fields, dict):
        return blames_in(fields)
    named = {
        name: error[name] for name in ("param", "field", "target", "parameter") if name in error
    }
    own = blame({**named, "message": error.get("message"), "code": error.get("code")})
    return (own,) if own else ()


ROW: Final = Reader(
    "error_object",
    "an error object under `error` or `fault`",
    "Microsoft REST API Guidelines, ErrorResponse; OData 4.01 JSON, 21; Stripe API, Errors",
    _read,
)
