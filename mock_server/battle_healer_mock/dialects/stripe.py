"""Stripe's error object: a type, a code, and the one parameter that is to blame.

Source: Stripe API reference, Errors.
"""

from __future__ import annotations

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

_TYPES: Final = {
    "key-reused": "idempotency_error",
    "in-progress": "idempotency_error",
    "rate-limited": "rate_limit_error",
    "token-expired": "authentication_error",
    "token-revoked": "authentication_error",
    "token-invalid": "authentication_error",
    "token-missing": "authentication_error",
}
# Codes of Stripe's own, where it has one.
_CODES: Final = {"in-progress": "idempotency_key_in_use"}
_SERVER: Final = 500


def write(failure: Failure) -> Written:
    """The failure under `error`; of several defects the first, as Stripe does."""
    broken = failure.soft or failure.status >= _SERVER
    error: dict[str, object] = {
        **facts_of(failure),
        "type": _TYPES.get(failure.kind, "api_error" if broken else "invalid_request_error"),
        "code": _CODES.get(failure.kind, snake(failure.kind)),
        "message": failure.detail,
    }
    for defect in defects_of(failure)[:1]:
        error |= {
            "code": f"parameter_{defect['code']}",
            "param": str(defect["pointer"]).removeprefix("/"),
            "message": defect["detail"],
        }
        error |= offers_of(defect)
    return as_json({"error": error})


ROW = Dialect("stripe", "Stripe", says_processed=True, write=write)
