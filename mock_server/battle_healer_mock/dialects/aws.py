"""AWS JSON: the name of an exception, and a message. Source: Smithy, AWS JSON 1.1 protocol."""

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
)

_BY_KIND: Final = {
    "token-expired": "ExpiredTokenException",
    "quota-exceeded": "ServiceQuotaExceededException",
    "key-reused": "IdempotentParameterMismatchException",
    "in-progress": "TransactionInProgressException",
    "overload": "SlowDownException",
}
_BY_STATUS: Final = {
    401: "UnrecognizedClientException",
    402: "PaymentRequiredException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    409: "ConflictException",
    410: "ResourceNotFoundException",
    422: "ValidationException",
    425: "RequestReplayedException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}
_NAMESPACE: Final = "com.example.charges#"


def write(failure: Failure) -> Written:
    """The failure as an exception's name and message; defects as a list of fields."""
    by_status = _BY_STATUS[503] if failure.soft else _BY_STATUS.get(failure.status, "Exception")
    document: dict[str, object] = {
        "__type": _NAMESPACE + _BY_KIND.get(failure.kind, by_status),
        "message": failure.detail,
        **facts_of(failure),
    }
    if found := defects_of(failure):
        document["fieldList"] = [_field(defect) for defect in found]
    return as_json(document, "application/x-amz-json-1.1")


def _field(defect: Mapping[str, object]) -> dict[str, object]:
    return {"path": defect["pointer"], "message": defect["detail"], **offers_of(defect)}


ROW = Dialect("aws", "AWS JSON", says_processed=True, write=write)
