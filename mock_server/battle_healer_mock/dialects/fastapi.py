"""FastAPI's `detail`: a text, an object, or one item for each defect. Source: FastAPI's docs."""

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


def write(failure: Failure) -> Written:
    """The failure as FastAPI's handlers write theirs."""
    found = defects_of(failure)
    if found:
        return as_json({"detail": [_item(defect) for defect in found]})
    facts = facts_of(failure)
    return as_json({"detail": {"message": failure.detail, **facts} if facts else failure.detail})


def _item(defect: Mapping[str, object]) -> dict[str, object]:
    place = ["body", *(part for part in str(defect["pointer"]).split("/") if part)]
    return {"type": defect["code"], "loc": place, "msg": defect["detail"], **offers_of(defect)}


ROW = Dialect("fastapi", "FastAPI detail", says_processed=True, write=write)
