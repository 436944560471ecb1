"""Truncated: the reply ends in the middle of its body.

What it does: the write takes effect, and of the reply only half the body comes, though its
`Content-Length` promised all; then FIN, RST, or FIN in the middle of a gzip stream.
Why it matters: the status was good, so a hasty client believes in half an answer; and sending an
unkeyed write again doubles it.
Example: truncated=gzip
Cure: the same request with the same key, or a GET again; without a key, stop and say so.
Source: RFC 9112, section 8; curl's exit code 18.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from battle_healer_mock.answer import Lost, Outgoing, Spoilt
from battle_healer_mock.argument import choice
from battle_healer_mock.fault import Fault, Shot, Stage
from battle_healer_mock.spoiling import half, head, packed, spoilt


def _fin(reply: Outgoing) -> Lost:
    return Lost("fin", head(reply, reply.body) + half(reply.body))


def _rst(reply: Outgoing) -> Lost:
    return Lost("rst", head(reply, reply.body) + half(reply.body))


def _gzip(reply: Outgoing) -> Lost:
    content = packed(reply.body)
    fields: dict[str, str | None] = {
        "content-encoding": "gzip",
        "content-length": str(len(content)),
    }
    return Lost("fin", head(reply, content, fields) + half(content))


VARIANTS: Final[dict[str, Callable[[Outgoing], Lost]]] = {"fin": _fin, "rst": _rst, "gzip": _gzip}


def answer(shot: Shot) -> Spoilt | None:
    """Half of the success."""
    return spoilt(shot, VARIANTS[str(shot.argument)])


ROW = Fault(
    name="truncated",
    stage=Stage.WIRE,
    binding="call",
    symptom="a reply that ends in the middle of its body",
    cure="the same key again; without a key, stop",
    heals="key",
    told="maybe",
    effect="once",
    argument=choice(*VARIANTS, help="how it ends"),
    answer=answer,
)
