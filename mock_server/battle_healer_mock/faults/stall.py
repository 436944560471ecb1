"""Stall: silence. The request is taken, and no byte ever comes back.

What it does: holds the connection for 300 seconds of the server's clock and then closes it;
before the server looked at the request, or, with `=after`, when it has taken effect. It ends
when the client gives up, and at once when the server stops.
Why it matters: only a time-out of the client's own ends it, and then nobody knows what happened.
Example: stall=after
Cure: the same request again after a time-out, if it is safe or carries a key.
Source: RFC 9110, section 9.2.2.
"""

from __future__ import annotations

from battle_healer_mock.answer import Lost
from battle_healer_mock.argument import WHEN
from battle_healer_mock.fault import Fault, Shot, Stage
from battle_healer_mock.spoiling import SILENCE_S


def answer(shot: Shot) -> Lost:
    """No reply, for as long as anybody waits."""
    return Lost("fin", hold_s=SILENCE_S)


ROW = Fault(
    name="stall",
    stage=Stage.EDGE,
    binding="call",
    symptom="no reply, on a connection that stays open",
    cure="a time-out, then the same request again, if that is safe",
    heals="key",
    told="maybe",
    argument=WHEN,
    answer=answer,
)
