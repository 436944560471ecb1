"""Garbage: bytes that are not HTTP, then the end.

What it does: the write takes effect; in place of the reply come bytes of something else, as
from a port that speaks another protocol, and a FIN.
Why it matters: a client must neither wait for more nor take it for an answer.
Example: garbage
Cure: the same request with the same key, or a GET again; without a key, stop and say so.
Source: RFC 9112, section 2.2; WireMock's RANDOM_DATA_THEN_CLOSE.
"""

from __future__ import annotations

from typing import Final

from battle_healer_mock.answer import Lost
from battle_healer_mock.fault import Fault, Shot, Stage

# The start of a TLS alert and more bytes that no status line has; with a line's end, so that a
# client which reads lines reads one.
BYTES: Final = b"\x15\x03\x03\x00\x02\x02\x28" + bytes(range(128, 192)) + b"\r\n\r\n"


def answer(shot: Shot) -> Lost:
    """What is no reply."""
    return Lost("fin", BYTES)


ROW = Fault(
    name="garbage",
    stage=Stage.WIRE,
    binding="call",
    symptom="bytes that are not HTTP",
    cure="the same key again; without a key, stop",
    heals="key",
    told="maybe",
    effect="once",
    answer=answer,
)
