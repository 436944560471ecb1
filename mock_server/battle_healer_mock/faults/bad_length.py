"""Bad length: `Content-Length` does not say how long the body is.

What it does: the write takes effect. `short` names half the length: the rest of the body lies
behind the end. `long` names twice the length: the client waits for what never comes. `poison`
sends the reply whole and, behind it, another one that nobody asked for, whose digest does not
fit; the connection stays open, so a pool may hand that to the next caller.
Why it matters: `short` and `poison` are silent in most clients; the digest tells.
Example: bad_length=short
Cure: the same request with the same key, or a GET again; without a key, stop and say so.
Source: RFC 9112, sections 6.3 and 11.2; RFC 9530, section 2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from battle_healer_mock.answer import Lost, Outgoing, Spoilt
from battle_healer_mock.argument import choice
from battle_healer_mock.fault import Fault, Shot, Stage
from battle_healer_mock.spoiling import LAST, SILENCE_S, digest_field, head, spoilt

SMUGGLED_BODY: Final = b'{"message": "Nobody asked for this.", "status": "operational"}'


def _short(reply: Outgoing) -> Lost:
    said = LAST | {"content-length": str(len(reply.body) // 2)}
    return Lost("fin", head(reply, reply.body, said) + reply.body)


def _long(reply: Outgoing) -> Lost:
    start = head(reply, reply.body, {"content-length": str(2 * len(reply.body))})
    return Lost("fin", start + reply.body, hold_s=SILENCE_S)


def _poison(reply: Outgoing) -> Lost:
    smuggled = (
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        f"content-length: {len(SMUGGLED_BODY)}\r\n"
        f"content-digest: {digest_field(reply.body)}\r\n\r\n"
    ).encode() + SMUGGLED_BODY
    return Lost(
        "fin", head(reply, reply.body) + reply.body + smuggled, hold_s=SILENCE_S, told="yes"
    )


VARIANTS: Final[dict[str, Callable[[Outgoing], Lost]]] = {
    "short": _short,
    "long": _long,
    "poison": _poison,
}


def answer(shot: Shot) -> Spoilt | None:
    """The success under a length that is not its own."""
    return spoilt(shot, VARIANTS[str(shot.argument)])


ROW = Fault(
    name="bad_length",
    stage=Stage.WIRE,
    binding="call",
    symptom="a Content-Length that is not the body's",
    cure="the same key again; without a key, stop",
    heals="key",
    told="maybe",
    effect="once",
    argument=choice(*VARIANTS, help="what the length says"),
    answer=answer,
)
