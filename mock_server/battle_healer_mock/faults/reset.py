"""Reset: the connection is torn down before the server looked at the request.

What it does: sends a TCP RST instead of a reply. Nothing was processed, but the client
cannot know. With `=after` it comes when the write has taken effect, as `reset_after_effect`.
Why it matters: it looks exactly like a reset after the effect, so only safe requests may be
sent again.
Example: reset
Cure: the same request again, if it is safe or carries a key.
Source: RFC 9110, section 9.2.2; RFC 9293, section 3.5.2.
"""

from __future__ import annotations

from battle_healer_mock.answer import Lost
from battle_healer_mock.argument import WHEN
from battle_healer_mock.fault import Fault, Shot, Stage


def answer(shot: Shot) -> Lost:
    """No reply."""
    return Lost("rst")


ROW = Fault(
    name="reset",
    stage=Stage.EDGE,
    binding="call",
    symptom="a connection reset",
    cure="the same request again, if that is safe",
    heals="key",
    told="maybe",
    argument=WHEN,
    answer=answer,
)
