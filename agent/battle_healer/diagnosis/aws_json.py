"""`{"__type": "…#ThrottlingException", "message": …}`, or its name in `x-amzn-errortype`."""

from __future__ import annotations

from typing import Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Finding, Reader
from battle_healer.diagnosis.members import texts


def _read(x: Exchange) -> Finding | None:
    header = x.reply.header("x-amzn-errortype")
    codes = tuple(filter(None, (header, *texts(x.object, ("__type", "code")))))
    if not header and not isinstance(x.object.get("__type"), str):
        return None
    return Finding(
        codes=codes,
        prose=texts(x.object, ("message", "Message")),
        evidence=("header:x-amzn-errortype",) if header else ("/__type",),
    )


ROW: Final = Reader(
    "aws_json",
    "an AWS JSON error",
    "Smithy, AWS JSON 1.1 and restJson1: error serialization",
    _read,
)
