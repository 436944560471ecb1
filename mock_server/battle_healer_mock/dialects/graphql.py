"""GraphQL: every error comes under 200, and only `errors` tells.

The status that it would have had stands in the extensions, as some servers do. Source: GraphQL
specification, section 7.1; GraphQL over HTTP, `application/json`; Apollo Server, error handling.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from battle_healer_mock.answer import Failure
from battle_healer_mock.dialects.dialect import (
    Dialect,
    Written,
    as_json,
    defects_of,
    facts_of,
    offers_of,
    snake,
)

_CODES: Final = {
    "token-expired": "UNAUTHENTICATED",
    "token-revoked": "UNAUTHENTICATED",
    "token-invalid": "UNAUTHENTICATED",
    "token-missing": "UNAUTHENTICATED",
    "blocked": "FORBIDDEN",
    "insufficient-scope": "FORBIDDEN",
    "invalid-request": "BAD_USER_INPUT",
    "internal-error": "INTERNAL_SERVER_ERROR",
}
_UNAVAILABLE: Final = 503


def write(failure: Failure) -> Written:
    """The failure as one error, or one for each defect, and no data."""
    status = _UNAVAILABLE if failure.soft else failure.status
    extensions: dict[str, object] = {
        "code": _CODES.get(failure.kind, snake(failure.kind).upper()),
        "http": {"status": status},
        **facts_of(failure),
    }
    found = [_of_defect(defect, extensions) for defect in defects_of(failure)]
    whole: dict[str, object] = {"message": failure.detail, "extensions": extensions}
    return as_json({"errors": found or [whole], "data": None})


def _of_defect(defect: Mapping[str, object], extensions: Mapping[str, object]) -> dict[str, object]:
    field = str(defect["pointer"]).removeprefix("/")
    return {
        "message": defect["detail"],
        "extensions": {**extensions, "field": field, **offers_of(defect)},
    }


ROW = Dialect("graphql", "GraphQL, all under 200", says_processed=True, write=write, soft=True)
