"""Empty reply: the connection is closed in good order, without a single byte.

What it does: sends a FIN where the reply should begin; before the server looked at the request,
or, with `=after`, when it has taken effect.
Why it matters: to a client it is as if the server had vanished, and it looks the same either way.
Example: empty_reply=after
Cure: the same request again, if it is safe or carries a key.
Source: RFC 9112, section 9.6; curl's exit code 52.
"""

from __future__ import annotations

from battle_healer_mock.answer import Lost
from battle_healer_mock.argument import WHEN
from battle_healer_mock.fault import Fault, Shot, Stage


def answer(shot: Shot) -> Lost:
    """No reply."""
    return Lost("fin")


ROW = Fault(
    name="empty_reply",
    stage=Stage.EDGE,
    binding="call",
    symptom="a closed connection and no byte",
    cure="the same request again, if that is safe",
    heals="key",
    told="maybe",
    argument=WHEN,
    answer=answer,
)
