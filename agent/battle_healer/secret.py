"""A secret that cannot be printed, pickled, copied or written as JSON (I2)."""

from __future__ import annotations

import hmac
from hashlib import blake2b
from typing import Final, NoReturn, final

MASK: Final = "•••"

_SECRET_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_SECRET_QUERY: Final = frozenset({"key", "token", "access_token", "api_key", "sig"})


@final
class Secret:
    """Text that only `reveal()` shows. repr, str and format give a mask.

    Equal when the texts are equal (compared in constant time); hashable, so that it can be
    looked up. Pickling and copying raise TypeError; `json.dumps` cannot serialise it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself. Call it where the bytes go on the wire, and nowhere else."""
        return self._text

    def digest(self) -> str:
        """Return 16 hex digits that tell two secrets apart without telling what they are."""
        return blake2b(self._text.encode(), digest_size=8, person=b"healer/secret").hexdigest()

    def __repr__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied; pass the object itself")

    __reduce__ = __reduce_ex__ = __getstate__ = __copy__ = __deepcopy__ = _refuse


def is_secret_header(name: str, more: frozenset[str] = frozenset()) -> bool:
    """Whether a header's value is a credential: the known names, `*api-key*`, and `more`.

    name: any case. more: lower-case names that a policy adds.
    """
    lower = name.lower()
    return (
        lower in _SECRET_HEADERS
        or "api-key" in lower
        or "apikey" in lower
        or "x-auth-token" in lower
        or lower in more
    )


def is_secret_query(name: str) -> bool:
    """Whether a query parameter's value is a credential."""
    return name.lower() in _SECRET_QUERY
