"""Whether a body under a success status states a failure of its own.

A resource may well *describe* a failure (a build that failed, a job with an `error`), so a body
states one only where it holds nothing but the failure: all its other members are words of an
envelope, or null.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from battle_healer.diagnosis.words import of_code

_ENVELOPE: Final = frozenset(
    {"ok", "success", "succeeded", "issuccess", "error", "errors", "errorcode", "errormessage",
     "errordescription", "errordetail", "errortype", "code", "status", "statuscode", "result",
     "message", "messages", "msg", "reason", "detail", "details", "title", "type", "instance",
     "kind", "apiversion", "metadata", "responsemetadata", "meta", "data", "timestamp", "path",
     "requestid", "correlationid", "traceid", "category", "extensions", "processed", "retryafter",
     "retryafterseconds", "retryafterms", "retrybudget", "needed", "provided", "documentationurl",
     "moreinfo", "helpurl", "version", "jsonrpc", "id", "took", "warning", "warnings"}
)  # fmt: skip
_FAILED: Final = frozenset({"error", "err", "fail", "failed", "failure", "ng", "nok", "ko"})
_LETTERS: Final = re.compile(r"[^a-z]")
_XML_ERROR: Final = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:\w{1,20}:)?"
    r"(?:Error|ErrorResponse|Errors|Fault|Exception)[\s>/]",
    re.DOTALL,
)
_SOAP_FAULT: Final = re.compile(r"<(?:\w{1,20}:)?Body>\s*<(?:\w{1,20}:)?Fault[\s>]")
_CLIENT_ERROR: Final = 400
_MOST_STATUS: Final = 599
_STATUS: Final = re.compile(r"[45][0-9][0-9]")
_MOST_EVENTS: Final = 20


TELLING: Final = frozenset(
    {"ok", "success", "succeeded", "isSuccess", "Success", "error", "Error", "errors", "code",
     "errcode", "errorCode", "status", "statusCode", "status_code", "Status", "result", "__type",
     "data"}
)  # fmt: skip
"""The members by which a failure can be told; an object without any of them tells none."""


def states_failure(value: Any) -> bool:
    """Whether a JSON value under a success status says that the request failed."""
    if not isinstance(value, dict) or TELLING.isdisjoint(value):
        return False
    return any(rule(value) for rule in _RULES)


def xml_states_failure(text: str) -> bool:
    """Whether an XML text under a success status is an error document or a SOAP fault."""
    return bool(_XML_ERROR.match(text[:2_000]) or _SOAP_FAULT.search(text[:4_000]))


def failed_event(text: str) -> str | None:
    """The data of the first event of an event stream that is an error, None where none is."""
    is_error, events = False, 0
    for line in text.splitlines():
        if line.startswith("event:"):
            is_error = line[6:].strip() == "error"
        elif line.startswith("data:"):
            data = line[5:].strip()
            if is_error or data.startswith(('{"error":', '{"type":"error"', '{"type": "error"')):
                return data
            events += 1
        if events > _MOST_EVENTS:
            break
    return None


def status_in(value: Mapping[str, Any]) -> int | None:
    """The HTTP error status that a body states in a member of its own, None for none."""
    for name in ("status", "statusCode", "status_code", "code"):
        member = value.get(name)
        if isinstance(member, str) and _STATUS.fullmatch(member):
            member = int(member)
        if type(member) is int and _CLIENT_ERROR <= member <= _MOST_STATUS:
            return member
    return None


def _says_not_ok(value: Mapping[str, Any]) -> bool:
    flags = (value.get(name) for name in ("ok", "success", "succeeded", "isSuccess", "Success"))
    return any(flag is False for flag in flags)


def _is_nothing_but_error(value: Mapping[str, Any]) -> bool:
    error = value.get("error", value.get("Error"))
    told = isinstance(error, dict) and bool(error) and not _is_plain_zero(error)
    told = told or (isinstance(error, str) and bool(error.strip()) and not _says_none(error))
    return told and _is_envelope(value)


def _has_errors(value: Mapping[str, Any]) -> bool:
    errors = value.get("errors")
    if errors is True and isinstance(value.get("items"), list):
        return True  # a bulk reply: some of its items failed
    if not isinstance(errors, list | dict) or not errors:
        return False
    return set(value) <= {"data", "errors", "extensions"} or _is_envelope(value)


def _states_status(value: Mapping[str, Any]) -> bool:
    """`{"code": 429, "msg": …, "data": null}`, and codes of one's own beside a message."""
    if not _is_envelope(value):
        return False
    says = any(isinstance(value.get(name), str) for name in ("message", "msg", "detail", "reason"))
    if says and status_in(value) is not None:
        return True
    code = value.get("code", value.get("errcode", value.get("errorCode")))
    if says and isinstance(code, str) and not code.isdigit():
        return of_code(code) is not None
    return says and isinstance(code, int) and not isinstance(code, bool) and not _is_good(code)


def _states_outcome(value: Mapping[str, Any]) -> bool:
    words = (value.get(name) for name in ("status", "result", "Status"))
    failed = any(isinstance(w, str) and w.strip().lower() in _FAILED for w in words)
    return failed and _is_envelope(value)


def _names_exception(value: Mapping[str, Any]) -> bool:
    name = value.get("__type")
    return isinstance(name, str) and name.endswith(("Exception", "Error", "Fault"))


def _has_user_errors(value: Mapping[str, Any]) -> bool:
    return bool(user_errors(value))


def user_errors(value: Mapping[str, Any]) -> list[Any]:
    """The errors that a GraphQL payload lists for its user."""
    data = value.get("data")
    if not isinstance(data, dict):
        return []
    for payload in list(data.values())[:20]:
        for name in ("userErrors", "user_errors", "mutationErrors"):
            if isinstance(payload, dict) and isinstance(payload.get(name), list):
                found: list[Any] = payload[name]
                if found:
                    return found
    return []


_RULES: Final = (
    _says_not_ok,
    _is_nothing_but_error,
    _has_errors,
    _states_outcome,
    _states_status,
    _names_exception,
    _has_user_errors,
)


def _is_envelope(value: Mapping[str, Any]) -> bool:
    """Whether nothing but an envelope is there: no member that could be an answer."""
    return all(
        member is None or member in ({}, []) or _is_word(name, member)
        for name, member in value.items()
    )


def _is_word(name: str, member: Any) -> bool:
    plain = _LETTERS.sub("", name.lower())
    if plain in ("data", "result", "details", "meta", "metadata"):
        # Where the answer would stand there is none.
        return plain in ("meta", "metadata", "details") or not isinstance(member, dict | list)
    return plain in _ENVELOPE or plain.endswith(("requestid", "traceid"))


def _is_plain_zero(error: Mapping[str, Any]) -> bool:
    return error.get("code") in (0, "0") and not error.get("message")


def _says_none(text: str) -> bool:
    return text.strip().lower() in ("none", "null", "no", "false", "0", "ok", "success")


def _is_good(code: int) -> bool:
    # Zero, and the 2xx and 3xx that some envelopes repeat.
    return code == 0 or 100 <= code < _CLIENT_ERROR  # noqa: PLR2004 -- the classes of RFC 9110
