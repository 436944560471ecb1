"""Problem details: the default, with a place for every fact. Source: RFC 9457."""

from __future__ import annotations

from typing import Final

from battle_healer_mock.answer import Failure
from battle_healer_mock.dialects.dialect import Dialect, as_json, status_says_no

TYPE_PREFIX: Final = "https://healer.invalid/problems/"


def write(failure: Failure) -> tuple[str, bytes]:
    """The failure as a problem document, or, where it hides in a success, as `ok: false`."""
    if failure.soft:
        error = {"code": failure.kind.replace("-", "_"), "message": failure.detail}
        soft: dict[str, object] = {"ok": False, "error": error}
        if failure.told == "no":
            soft["processed"] = False
        return as_json(soft | dict(failure.members))
    document: dict[str, object] = {
        "type": TYPE_PREFIX + failure.kind,
        "title": failure.title,
        "status": failure.status,
        "detail": failure.detail,
    }
    if failure.told == "no" and not status_says_no(failure.status):
        document["processed"] = False
    document.update(failure.members)
    return as_json(document, "application/problem+json")


ROW = Dialect("problem", "problem+json (RFC 9457)", says_processed=True, write=write)
