"""`<Error><Code>SlowDown</Code><Message>…</Message></Error>`, also within `ErrorResponse`."""

from __future__ import annotations

import re
from typing import Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Blame, Finding, Reader
from battle_healer.diagnosis.places import is_header_name

_MOST_TEXT: Final = 16_000
# Read by pattern, never by a parser: entities of a hostile document are left alone.
_ELEMENT: Final = re.compile(r"<(?:\w{1,20}:)?(\w{1,40})>([^<>]{1,2000})</")
_CODES: Final = ("code", "faultcode", "errorcode", "type")
_PROSE: Final = ("message", "faultstring", "description", "detail", "reason")


def _read(x: Exchange) -> Finding | None:
    text = x.text[:_MOST_TEXT]
    if "xml" not in x.media and not text.lstrip().startswith("<?xml"):
        return None
    if "html" in x.media:
        return None
    found = [(name.lower(), said.strip()) for name, said in _ELEMENT.findall(text)]
    codes = tuple(said for name in _CODES for key, said in found if key == name)
    prose = tuple(said for name in _PROSE for key, said in found if key == name)
    headers = (said for key, said in found if key == "condition" and is_header_name(said))
    blames = tuple(Blame(said, "header") for said in headers)
    return Finding(codes=codes, prose=prose, blames=blames, evidence=("body",)) if found else None


ROW: Final = Reader(
    "xml_error",
    "an XML error document",
    "Amazon S3 API, REST error responses; SOAP 1.1, 4.4",
    _read,
)
