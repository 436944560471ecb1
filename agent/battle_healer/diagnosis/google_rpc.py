"""`{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{"@type": …}]}}`."""

from __future__ import annotations

from typing import Any, Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Blame, Finding, Reader
from battle_healer.diagnosis.members import blames_in, texts

_NAMESPACE: Final = "google.rpc."


def _read(x: Exchange) -> Finding | None:
    error: Any = x.object.get("error")
    if not isinstance(error, dict) or isinstance(error.get("code"), str | None):
        return None
    details = error.get("details")
    details = [d for d in details if isinstance(d, dict)][:20] if isinstance(details, list) else []
    if not isinstance(error.get("status"), str) and not any("@type" in d for d in details):
        return None
    codes: list[str] = []
    blames: list[Blame] = []
    for detail in details:
        kind = str(detail.get("@type", "")).rpartition(_NAMESPACE)[2]
        if kind == "ErrorInfo":
            codes += texts(detail, ("reason",))
        elif kind == "BadRequest":
            blames += blames_in(detail.get("fieldViolations"))
        elif kind == "QuotaFailure":
            codes += _windows(detail.get("violations"))
    return Finding(
        codes=(*codes, *texts(error, ("status",))),
        prose=texts(error, ("message",)),
        blames=tuple(blames),
        evidence=("/error/status", *(f"/error/details/{i}" for i in range(len(details)))),
    )


def _windows(violations: Any) -> list[str]:
    """The window that each violated quota names: minutes and days heal differently."""
    found = []
    for violation in violations[:20] if isinstance(violations, list) else []:
        named = " ".join(texts(violation, ("quotaId", "quotaMetric", "subject", "description"))
                         if isinstance(violation, dict) else ())  # fmt: skip
        flat = named.lower().replace("_", "").replace(" ", "")
        if "perday" in flat or "permonth" in flat or "daily" in flat:
            found.append("daily_quota")
        elif "perminute" in flat or "persecond" in flat or "perhour" in flat:
            found.append("rate_limit")
    return found


ROW: Final = Reader(
    "google_rpc",
    "a google.rpc.Status",
    "google/rpc/status.proto, error_details.proto; AIP-193",
    _read,
)
