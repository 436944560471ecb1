"""`{"errors": true, "items": [{"create": {"status": 429, "error": {…}}}]}`: some of many failed."""

from __future__ import annotations

from typing import Any, Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Finding, Reader
from battle_healer.diagnosis.members import texts

_MOST_ITEMS: Final = 1_000
_FIRST_ERROR: Final = 400


def _read(x: Exchange) -> Finding | None:
    items = x.object.get("items")
    if x.object.get("errors") is not True or not isinstance(items, list):
        return None
    results = [r for item in items[:_MOST_ITEMS] if (r := _result(item)) is not None]
    failed = [(at, r) for at, r in enumerate(results) if "error" in r]
    if not failed:
        return None
    at, worst = failed[0]
    error = worst["error"] if isinstance(worst["error"], dict) else {"reason": worst["error"]}
    status = worst.get("status")
    return Finding(
        codes=texts(error, ("type", "code")),
        prose=texts(error, ("reason", "message")),
        status=status if isinstance(status, int) and status >= _FIRST_ERROR else None,
        partly=len(failed) < len(items),
        evidence=(f"/items/{at}",),
    )


def _result(item: Any) -> dict[str, Any] | None:
    if not isinstance(item, dict) or not item:
        return None
    result = item if "error" in item or "status" in item else next(iter(item.values()))
    return result if isinstance(result, dict) else None


ROW: Final = Reader(
    "bulk_items", "a bulk reply with failed items", "Elasticsearch and OpenSearch, Bulk API", _read
)
