"""Google's RPC status, with its typed details. Source: google/rpc/status.proto; AIP-193."""

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
    307: "FAILED_PRECONDITION",
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    410: "NOT_FOUND",
    422: "INVALID_ARGUMENT",
    425: "UNAVAILABLE",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
_TYPE: Final = "type.googleapis.com/google.rpc."
_UNAVAILABLE: Final = 503


def write(failure: Failure) -> Written:
    """The failure as a google.rpc.Status with ErrorInfo, BadRequest, QuotaFailure, RetryInfo."""
    status = _UNAVAILABLE if failure.soft else failure.status
    details = [_error_info(failure), *_quota(failure), *_wait(failure), *_bad_request(failure)]
    return as_json({
        "error": {
            "code": status,
            "message": failure.detail,
            "status": _CODES.get(status, "UNKNOWN"),
            "details": details,
        }
    })  # fmt: skip


def _error_info(failure: Failure) -> dict[str, object]:
    """The reason, and what there is to know besides: its metadata holds texts only."""
    facts = {
        name: str(value)
        for name, value in facts_of(failure).items()
        if isinstance(value, str | int | float)
    }
    return {
        "@type": f"{_TYPE}ErrorInfo", "reason": snake(failure.kind).upper(),
        "domain": "healer.invalid", "metadata": facts,
    }  # fmt: skip


def _quota(failure: Failure) -> list[dict[str, object]]:
    if "violated-policies" not in failure.members:
        return []
    violation = {"subject": "credential", "description": failure.detail, "quotaId": "CallsPerDay"}
    return [{"@type": f"{_TYPE}QuotaFailure", "violations": [violation]}]


def _wait(failure: Failure) -> list[dict[str, object]]:
    """What the headers say in whole seconds, once more; nothing that they do not say."""
    said = dict(failure.headers).get("Retry-After", "")
    if not said.isdigit():
        said = str(failure.members.get("retry_after_seconds", ""))
    return [{"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{said}s"}] if said else []


def _bad_request(failure: Failure) -> list[dict[str, object]]:
    found = [_violation(defect) for defect in defects_of(failure)]
    return [{"@type": f"{_TYPE}BadRequest", "fieldViolations": found}] if found else []


def _violation(defect: Mapping[str, object]) -> dict[str, object]:
    return {
        "field": str(defect["pointer"]).removeprefix("/"),
        "description": defect["detail"],
        "reason": str(defect["code"]).upper(),
        **offers_of(defect),
    }


ROW = Dialect("google", "Google RPC status", says_processed=True, write=write)
