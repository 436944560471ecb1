"""Idempotency keys: bound by account when the effect happens, answered the same ever after.

Source: draft-ietf-httpapi-idempotency-key-header-07.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from battle_healer_mock.bounds import ROWS

KEY_TTL_S: Final = 86_400.0
_BARE: Final = re.compile(r"[\x21-\x7e]{1,255}")
_QUOTED: Final = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"')


@dataclass(frozen=True, slots=True)
class Key:
    """A key as sent: quoted (a Structured Field String) or bare; the value counts, not the form."""

    value: str
    form: Literal["string", "bare"]


@dataclass(slots=True)
class Bound:
    """A key in use. `running` until the first answer is on its way; `payload` is that answer."""

    fingerprint: str
    payload: Mapping[str, object]
    effect: str
    bound_s: float
    running: bool = True


def read_key(text: str) -> Key | None:
    """The key in an `Idempotency-Key` header, None where it is no key at all."""
    text = text.strip()
    if quoted := _QUOTED.fullmatch(text):
        return Key(re.sub(r"\\(.)", r"\1", quoted[1]), "string")
    return Key(text, "bare") if '"' not in text and _BARE.fullmatch(text) else None


class Keys:
    """The keys in use, by (account, key); bounded, the oldest is forgotten first."""

    def __init__(self, most: int = ROWS.default) -> None:
        self._most = most
        self._bound: OrderedDict[tuple[str, str], Bound] = OrderedDict()
        self.forgotten = 0

    def __len__(self) -> int:
        return len(self._bound)

    def get(self, account: str, key: str, now_s: float) -> Bound | None:
        """What the key is bound to, None where it is free or its time is over."""
        bound = self._bound.get((account, key))
        if bound is not None and now_s - bound.bound_s > KEY_TTL_S:
            del self._bound[account, key]
            return None
        return bound

    def bind(self, account: str, key: str, bound: Bound) -> None:
        """Bind a free key, at the moment of the effect."""
        self._bound[account, key] = bound
        if len(self._bound) > self._most:
            self._bound.popitem(last=False)
            self.forgotten += 1
