"""How the priority classes share a claim: 4 : 2 : 1, over as many claims as it takes."""

from __future__ import annotations

from collections import Counter
from typing import Final

from battle_healer_replay.entry import PRIORITIES, Priority

# Spread out, so that also claims of one entry at a time get to every class.
_ORDER: Final[tuple[Priority, ...]] = (
    "high", "normal", "high", "low", "high", "normal", "high",
)  # fmt: skip


def shares(turn: int, n: int) -> dict[Priority, int]:
    """How many of the next `n` entries each class may have, after `turn` were taken."""
    whole, rest = divmod(n, len(_ORDER))
    taken = Counter(_ORDER[(turn + i) % len(_ORDER)] for i in range(rest))
    return {name: whole * _ORDER.count(name) + taken[name] for name in PRIORITIES}
