"""OAuth: a code and its description at the top. Source: RFC 6749, section 5.2; RFC 6750."""

from __future__ import annotations

from typing import Final

from battle_healer_mock.answer import Failure
from battle_healer_mock.dialects.dialect import Dialect, Written, as_json, snake

_CODES: Final = {
    400: "invalid_request",
    401: "invalid_token",
    403: "insufficient_scope",
    422: "invalid_request",
    500: "server_error",
    503: "temporarily_unavailable",
}
# One status, but other words: these are no matter of the request's form.
_OWN_WORD: Final = ("key-reused", "blocked")


def write(failure: Failure) -> Written:
    """The failure as a code with a description; a code of our own where OAuth has none."""
    word = snake(failure.kind)
    code = word if failure.kind in _OWN_WORD else _CODES.get(failure.status, word)
    return as_json({**failure.members, "error": code, "error_description": failure.detail})


ROW = Dialect("oauth", "OAuth (RFC 6750)", says_processed=True, write=write)
