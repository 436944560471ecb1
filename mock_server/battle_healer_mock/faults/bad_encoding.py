"""Bad encoding: `Content-Encoding` does not say how the body is written.

What it does: the write takes effect. `plain` says gzip over a plain body, `cut` sends half a
gzip stream under its right length, `unknown` names an encoding that nobody has.
Why it matters: `cut` and `unknown` are silent in most clients: half a text, or bytes as they
came. The digest of the whole content, and JSON that does not parse, tell.
Example: bad_encoding=cut
Cure: the same request with the same key, or a GET again; without a key, stop and say so.
Source: RFC 9110, section 8.4; RFC 9530, section 2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from battle_healer_mock.answer import Lost, Outgoing, Spoilt
from battle_healer_mock.argument import choice
from battle_healer_mock.fault import Fault, Shot, Stage
from battle_healer_mock.spoiling import LAST, half, head, packed, spoilt


def _plain(reply: Outgoing) -> Lost:
    said = LAST | {"content-encoding": "gzip"}
    return Lost("fin", head(reply, reply.body, said) + reply.body)


def _cut(reply: Outgoing) -> Lost:
    whole = packed(reply.body)
    said = LAST | {"content-encoding": "gzip", "content-length": str(len(half(whole)))}
    return Lost("fin", head(reply, whole, said) + half(whole))


def _unknown(reply: Outgoing) -> Lost:
    content = reply.body[::-1]
    return Lost("fin", head(reply, content, LAST | {"content-encoding": "zork"}) + content)


VARIANTS: Final[dict[str, Callable[[Outgoing], Lost]]] = {
    "plain": _plain,
    "cut": _cut,
    "unknown": _unknown,
}


def answer(shot: Shot) -> Spoilt | None:
    """The success under an encoding that is not its own."""
    return spoilt(shot, VARIANTS[str(shot.argument)])


ROW = Fault(
    name="bad_encoding",
    stage=Stage.WIRE,
    binding="call",
    symptom="a Content-Encoding that is not the body's",
    cure="the same key again; without a key, stop",
    heals="key",
    told="maybe",
    effect="once",
    argument=choice(*VARIANTS, help="what is wrong with the encoding"),
    answer=answer,
)
