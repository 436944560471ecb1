"""`{"error": "invalid_grant", "error_description": …}`: a code as text under `error`."""

from __future__ import annotations

from typing import Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Blame, Finding, Reader
from battle_healer.diagnosis.members import PROSE, first, texts
from battle_healer.diagnosis.soft import status_in

_PHRASE: Final = " "
# Codes of which the specification says which parameter they blame.
_BLAMES: Final = {"invalid_scope": "scope", "unsupported_grant_type": "grant_type",
                  "invalid_target": "resource"}  # fmt: skip


def _read(x: Exchange) -> Finding | None:
    body = x.object
    error = body.get("error")
    if not isinstance(error, str) or not error:
        return None
    metadata = body.get("response_metadata")
    more = texts(metadata, ("messages",)) if isinstance(metadata, dict) else ()
    # `"error": "Bad Request"` repeats the status; a sentence is no code.
    codes = () if _PHRASE in error else (error,)
    blamed = _BLAMES.get(error)
    return Finding(
        codes=(*codes, *texts(body, ("code", "error_code", "errorType", "category"))),
        prose=(*texts(body, PROSE), *more),
        blames=(Blame(blamed, text=error),) if blamed and x.reply.status >= 400 else (),  # noqa: PLR2004 -- an error status
        status=status_in(body),
        scope=first(body, ("scope", "needed", "required_scope")) or None,
        evidence=("/error",),
    )


ROW: Final = Reader("oauth_error", "an error code as text", "RFC 6749, 5.2; RFC 6750, 3.1", _read)
