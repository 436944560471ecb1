"""Chance as a keyed hash: the same seed gives the same draws, also under concurrency."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Final

# A body may be 1 MiB: 4,096 of them would be 4 GiB.
_MOST_KEPT: Final = 256


def _prefixed(part: str) -> bytes:
    raw = part.encode()
    return len(raw).to_bytes(4, "big") + raw


class Chance:
    """Draws that depend on who asks what, never on the order in which callers arrive."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        key = blake2b(b"battle-healer/chance/v1\x00" + seed.encode(), digest_size=32).digest()
        self._keyed = blake2b(key=key, digest_size=8)

    def draw(self, scenario: str, call: str, ordinal: int, site: str) -> float:
        """A number in [0, 1) for the question `site` ("flaky#0/fire") of one attempt."""
        state = self._keyed.copy()
        for part in (scenario, call, str(ordinal), site):
            state.update(_prefixed(part))
        return float(int.from_bytes(state.digest(), "big") >> 11) / float(1 << 53)

    def name(self, *parts: str) -> str:
        """A stable name of 32 hex digits made of the seed and `parts`; used for tokens."""
        state = blake2b(key=b"token" + self.seed.encode()[:59], digest_size=16)
        for part in parts:
            state.update(_prefixed(part))
        return state.hexdigest()


def digest(data: bytes) -> str:
    """A short digest for journal and keys: tells equal from different, reveals nothing."""
    return blake2b(data, digest_size=12).hexdigest()


def text_digest(text: str) -> str:
    """The same of a text. Of short ones it is kept: headers and tokens come again and again."""
    return _kept_digest(text) if len(text) <= _MOST_KEPT else digest(text.encode())


@lru_cache(maxsize=4096)
def _kept_digest(text: str) -> str:
    return digest(text.encode())
