"""What an error of the SDK means. The error itself goes no further: it holds the API key (I2).

The two halves of the SDK have unrelated trees of errors, and messages that repeat whatever the
other side wrote; so only a status, a time to wait, and tokens of Google's error format, are read
from them.
Source: google.rpc.Status, ErrorInfo, RetryInfo (AIP-193); RFC 9110, section 10.2.3;
google-genai 3.6, read and tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from battle_healer.planners.miss import Miss
from battle_healer.waits import wait_s

_DELAY: Final = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)s")
_KEY_REASONS: Final = frozenset({"API_KEY_INVALID", "API_KEY_EXPIRED", "API_KEY_SERVICE_BLOCKED"})
_CHAIN: Final = 8

_BY_STATUS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("no_model", "the service does not take the question (400)"),
    401: ("misconfigured", "the service does not accept the API key (401)"),
    403: ("misconfigured", "the service does not allow it to this API key (403)"),
    404: ("no_model", "the service does not know the model or the method (404)"),
    429: ("limited", "the service wants fewer questions (429)"),
}
_SUCCESSES: Final = range(200, 300)
# Elsewhere a time to wait says nothing about the next question.
_MAY_NAME_A_TIME: Final = frozenset(
    {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE}
)


def miss_of(error: BaseException) -> Miss:
    """The Miss that an exception of the SDK, or of the network, stands for. Never raises."""
    chain = [*_causes(error)]
    for one in chain:
        why, redirect = getattr(one, "why", None), getattr(one, "redirect", None)
        if isinstance(why, str) and isinstance(redirect, bool):  # UnfitError
            return Miss("misconfigured" if redirect else "nonsense", why)
    status = _status(error)
    if status is not None and status not in _SUCCESSES:
        return _of_status(status, _details(error), _headers(error))
    names = {cls.__name__ for one in chain for cls in type(one).__mro__}
    if any("Timeout" in name for name in names):
        return Miss("slow", "no answer came in time")
    if "APIConnectionError" in names or "TransportError" in names:
        return Miss("down", "the connection failed")
    return Miss("nonsense", "what came is no answer of the Gemini API; is the base URL right?")


def _of_status(
    status: int, details: list[Mapping[str, Any]], headers: list[tuple[str, str]]
) -> Miss:
    if any(row.get("reason") in _KEY_REASONS for row in details):
        return Miss("misconfigured", f"the service says that the API key is not valid ({status})")
    kind, why = _BY_STATUS.get(status, ("down", f"the service fails ({status})"))
    if status not in _MAY_NAME_A_TIME:
        return Miss(kind, why)
    # I3: where body and header name two times, the later one binds.
    asked_s = wait_s(headers, None, datetime.now(UTC)) or 0.0
    return Miss(kind, why, max(_delay_s(details), asked_s))


def _causes(error: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = error
    for _ in range(_CHAIN):
        if one is None:
            return
        yield one
        one = one.__cause__ or one.__context__


def _status(error: BaseException) -> int | None:
    for name in ("status_code", "code"):
        value = getattr(error, name, None)
        if isinstance(value, int):
            return value
    return None


def _headers(error: BaseException) -> list[tuple[str, str]]:
    headers = getattr(getattr(error, "response", None), "headers", None)
    rows = headers.items() if isinstance(headers, Mapping) else ()
    return [(str(name), str(value)) for name, value in rows]


def _details(error: BaseException) -> list[Mapping[str, Any]]:
    for name in ("body", "details"):
        told = getattr(error, name, None)
        told = told.get("error") if isinstance(told, Mapping) else None
        rows = told.get("details") if isinstance(told, Mapping) else None
        if isinstance(rows, list):
            return [row for row in rows[:10] if isinstance(row, Mapping)]
    return []


def _delay_s(details: list[Mapping[str, Any]]) -> float:
    for row in details:
        found = _DELAY.fullmatch(str(row.get("retryDelay", ""))[:32])
        if found is not None:
            return float(found[1])
    return 0.0
