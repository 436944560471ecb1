"""Malformed chunk: a chunked reply whose second chunk has no readable size.

What it does: the write takes effect; half the body comes as a good chunk, then a chunk of size
`ZZ`, and a FIN.
Why it matters: what came so far may even look complete; it is not.
Example: malformed_chunk
Cure: the same request with the same key, or a GET again; without a key, stop and say so.
Source: RFC 9112, section 7.1; WireMock's MALFORMED_RESPONSE_CHUNK.
"""

from __future__ import annotations

from battle_healer_mock.answer import Lost, Outgoing, Spoilt
from battle_healer_mock.fault import Fault, Shot, Stage
from battle_healer_mock.spoiling import half, head, spoilt


def _chunked(reply: Outgoing) -> Lost:
    first = half(reply.body)
    rest = reply.body[len(first) :]
    start = head(reply, reply.body, {"content-length": None, "transfer-encoding": "chunked"})
    return Lost("fin", start + b"%x\r\n%b\r\nZZ\r\n%b\r\n" % (len(first), first, rest))


def answer(shot: Shot) -> Spoilt | None:
    """The success in a chunk that is good and one that is not."""
    return spoilt(shot, _chunked)


ROW = Fault(
    name="malformed_chunk",
    stage=Stage.WIRE,
    binding="call",
    symptom="a chunk without a readable size",
    cure="the same key again; without a key, stop",
    heals="key",
    told="maybe",
    effect="once",
    answer=answer,
)
