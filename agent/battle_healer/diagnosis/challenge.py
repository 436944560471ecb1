"""`WWW-Authenticate: Bearer error="invalid_token", scope="…"`: what the server asks for."""

from __future__ import annotations

import re
from typing import Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Finding, Reader

_MOST_TEXT: Final = 2_000
_PARAMETER: Final = re.compile(
    r"\b(error|error_description|scope)\s*=\s*\"((?:[^\"\\]|\\.){0,500})\""
)
_BARE: Final = re.compile(r"\b(error)\s*=\s*(\w{1,80})")


def _read(x: Exchange) -> Finding | None:
    headers = x.reply.headers
    given = ", ".join(v for name, v in headers if name.lower() == "www-authenticate")[:_MOST_TEXT]
    found = dict(_BARE.findall(given)) | dict(_PARAMETER.findall(given))
    if "error" not in found:
        return None
    said = found.get("error_description", "")
    return Finding(
        # The description tells expired from revoked; the code is the same for both.
        codes=(found["error"],),
        prose=(said,) if said else (),
        scope=found.get("scope") or None,
        evidence=("header:www-authenticate",),
    )


ROW: Final = Reader(
    "challenge",
    "a bearer challenge with an error",
    "RFC 6750, 3; RFC 9110, 11.6.1",
    _read,
    part="head",
)
