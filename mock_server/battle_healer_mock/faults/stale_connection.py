"""Stale connection: it has been used before, and dies under the next request.

What it does: ends a connection, by FIN or RST, when a second request comes on it; one that is
new is served. Nothing was processed, but the client cannot know.
Why it matters: pools keep connections that servers, proxies and firewalls have long given up.
Which connection a client takes is its own affair, so runs of this fault need not repeat.
Example: stale_connection=rst
Cure: the same request again, if it is safe or carries a key; a new connection has no such fault.
Source: RFC 9112, section 9.3.1.
"""

from __future__ import annotations

from battle_healer_mock.answer import Lost
from battle_healer_mock.argument import choice
from battle_healer_mock.fault import Fault, Shot, Stage


def answer(shot: Shot) -> Lost:
    """No reply."""
    return Lost("rst" if shot.argument == "rst" else "fin")


ROW = Fault(
    name="stale_connection",
    stage=Stage.EDGE,
    binding="call",
    symptom="a connection that dies under its second request",
    cure="the same request again, if that is safe",
    heals="key",
    told="maybe",
    needs="used connection",
    argument=choice("fin", "rst", help="how the connection ends"),
    answer=answer,
)
