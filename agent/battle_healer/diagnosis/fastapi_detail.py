"""`{"detail": [{"loc": ["body", "price"], "msg": …, "type": …}]}`: one item for each defect."""

from __future__ import annotations

from typing import Any, Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Finding, Reader
from battle_healer.diagnosis.members import blames_in, texts

_MOST_ITEMS: Final = 50


def _read(x: Exchange) -> Finding | None:
    detail: Any = x.object.get("detail")
    if not isinstance(detail, list) or not detail:
        return None
    items = [item for item in detail[:_MOST_ITEMS] if isinstance(item, dict)]
    if not any(isinstance(item.get("loc"), list) for item in items):
        return None
    return Finding(
        codes=("validation_error",),
        prose=tuple(text for item in items for text in texts(item, ("msg",))),
        blames=blames_in(items),
        evidence=("/detail",),
    )


ROW: Final = Reader(
    "fastapi_detail",
    "a list of defects with locations",
    "FastAPI docs, Handling Errors; pydantic, ValidationError.errors()",
    _read,
)
