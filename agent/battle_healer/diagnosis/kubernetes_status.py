"""`{"kind": "Status", "status": "Failure", "reason": …, "details": {"causes": […]}}`."""

from __future__ import annotations

from typing import Any, Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Finding, Reader
from battle_healer.diagnosis.members import blames_in, texts


def _read(x: Exchange) -> Finding | None:
    body = x.object
    if body.get("kind") != "Status" or body.get("status") != "Failure":
        return None
    details: Any = body.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    code = body.get("code")
    return Finding(
        # `Expired` is the time of a list's continue token, not of a credential.
        codes=tuple(c for c in texts(body, ("reason",)) if c != "Expired"),
        prose=texts(body, ("message",)),
        blames=blames_in(causes) if isinstance(causes, list) else (),
        status=code if isinstance(code, int) else None,
        evidence=("/reason", "/message"),
    )


ROW: Final = Reader(
    "kubernetes_status", "a Status object of Kubernetes", "Kubernetes API, meta/v1 Status", _read
)
