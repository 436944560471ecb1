"""`{"errors": [{"detail": …, "source": {"pointer": …}}]}`, with a message beside it or not."""

from __future__ import annotations

from typing import Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Finding, Reader
from battle_healer.diagnosis.members import blames_in, texts

_MOST_ITEMS: Final = 50
_CODES: Final = ("code", "reason", "type")


def _read(x: Exchange) -> Finding | None:
    body = x.object
    errors = body.get("errors")
    if not isinstance(errors, list) or not errors:
        return None
    items = [item for item in errors[:_MOST_ITEMS] if isinstance(item, dict)]
    if not items and isinstance(body.get("error"), str):
        return None  # a code with sentences beside it: another reader's shape
    return Finding(
        codes=(
            *(code for item in items for code in texts(item, _CODES)),
            *texts(body, ("code", "category", "errorType")),
        ),
        prose=(
            *texts(body, ("message", "errors")),
            *(text for item in items for text in texts(item, ("detail", "message", "title"))),
        ),
        blames=blames_in(items),
        evidence=("/errors",),
    )


ROW: Final = Reader(
    "error_list", "a list of errors", "JSON:API 1.1, Error Objects; GitHub REST API, 422", _read
)
