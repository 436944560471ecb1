"""A parked call is sent again: the same call, under the same names, watched at every send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from battle_healer.model import Attempt

REPLAY: Final = "healer.replay"
"""A request extension that holds a `Replay`."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What makes a request the replay of a parked call; nobody's patience stands behind it.

    call_id, correlation_id, tenant: of the call when it was parked.
    before_send: called before the first byte of every send. It may block, and what it raises
    ends the call before that byte.
    """

    call_id: str
    correlation_id: str
    tenant: str
    before_send: Callable[[Attempt], None]
