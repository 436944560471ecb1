"""Half headers: the reply ends in the middle of its headers.

What it does: the write takes effect; status line, length and digest come, then half a header
line and a FIN. The empty line that ends the headers never comes.
Why it matters: some clients call this a 200 with an empty body. The length tells them better.
Example: half_headers
Cure: the same request with the same key, or a GET again; without a key, stop and say so.
Source: RFC 9112, section 8.
"""

from __future__ import annotations

from battle_healer_mock.answer import Lost, Outgoing, Spoilt
from battle_healer_mock.fault import Fault, Shot, Stage
from battle_healer_mock.spoiling import head, spoilt


def _cut(reply: Outgoing) -> Lost:
    lines = head(reply, reply.body, {"server": "healer-mock"}).rstrip(b"\r\n")
    return Lost("fin", lines[: -len("er-mock")])


def answer(shot: Shot) -> Spoilt | None:
    """The success as far as the middle of its last header."""
    return spoilt(shot, _cut)


ROW = Fault(
    name="half_headers",
    stage=Stage.WIRE,
    binding="call",
    symptom="a reply that ends in the middle of its headers",
    cure="the same key again; without a key, stop",
    heals="key",
    told="maybe",
    effect="once",
    answer=answer,
)
