"""JSON:API: a list of error objects, each with its source. Source: JSON:API 1.1, Error Objects."""

from __future__ import annotations

from collections.abc import Mapping

from battle_healer_mock.answer import Failure
from battle_healer_mock.dialects.dialect import (
    Dialect,
    Written,
    as_json,
    defects_of,
    facts_of,
    offers_of,
)

_UNAVAILABLE = 503


def write(failure: Failure) -> Written:
    """The failure as one error object, or one for each defect."""
    status = str(_UNAVAILABLE if failure.soft else failure.status)
    found = [_of_defect(defect, status, failure.title) for defect in defects_of(failure)]
    whole: dict[str, object] = {
        "status": status, "code": failure.kind, "title": failure.title, "detail": failure.detail,
    }  # fmt: skip
    document: dict[str, object] = {"errors": found or [whole]}
    if facts := facts_of(failure):
        document["meta"] = facts
    return as_json(document, "application/vnd.api+json")


def _of_defect(defect: Mapping[str, object], status: str, title: str) -> dict[str, object]:
    return {
        "status": status, "code": defect["code"], "title": title, "detail": defect["detail"],
        "source": {"pointer": defect["pointer"]}, **offers_of(defect),
    }  # fmt: skip


ROW = Dialect("jsonapi", "JSON:API", says_processed=True, write=write)
