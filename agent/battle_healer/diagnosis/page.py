"""A page or a line of plain text, mostly written by a gateway in between."""

from __future__ import annotations

import re
from typing import Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Finding, Reader
from battle_healer.model import Processed

_MOST_TEXT: Final = 8_000
_MOST_PROSE: Final = 600
_TAG: Final = re.compile(r"<(?:style|script)\b.{0,4000}?</(?:style|script)>|<[^<>]{0,400}>", re.S)
_BLANK: Final = re.compile(r"\s+")
# Envoy tells why it has no reply of the service: these two mean that the request never left.
_NEVER_LEFT: Final = re.compile(r"reset reason: (?:overflow|(?:remote )?connection failure)")
_WEB_SERVER_IS_DOWN: Final = 521


def _read(x: Exchange) -> Finding | None:
    if not x.text.strip() or x.object:
        return None
    text = _BLANK.sub(" ", _TAG.sub(" ", x.text[:_MOST_TEXT])).strip()[:_MOST_PROSE]
    word = text if len(text.split()) == 1 else ""
    return Finding(
        codes=(word,) if word else (),
        prose=(text,),
        processed=_processed(x, text),
        evidence=("body",),
    )


def _processed(x: Exchange, text: str) -> Processed | None:
    """`no` where the gateway's own documentation says that nothing was passed on."""
    if x.status == _WEB_SERVER_IS_DOWN and x.reply.header("cf-ray"):
        return "no"
    return "no" if text.startswith("upstream connect error") and _NEVER_LEFT.search(text) else None


ROW: Final = Reader(
    "page",
    "a page or plain text",
    "nginx and Envoy, default replies; Cloudflare docs, 5xx errors",
    _read,
)
