"""Chance that is the same in every run, whoever comes first: drawn by call, not by arrival."""

from __future__ import annotations

import threading
from collections import Counter
from hashlib import blake2b

from battle_healer.ids import correlation_here


class Dice:
    """Random bits from a seed, the surrounding correlation id, and how often it has asked.

    Callers that run side by side do not disturb each other's numbers. Thread-safe.
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def bits(self, count: int) -> int:
        """That many random bits, at most 256."""
        call = correlation_here() or ""
        with self._lock:
            self._asked[call] += 1
            ordinal = self._asked[call]
        text = f"{self._seed}\0{call}\0{ordinal}"
        drawn = blake2b(text.encode(), digest_size=32, person=b"healer/dice").digest()
        return int.from_bytes(drawn) >> (256 - count)

    def chance(self) -> float:
        """Uniform in [0, 1)."""
        return self.bits(53) / 2**53
