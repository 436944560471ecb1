"""What the mix asks of a client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

ATTEMPT_S: Final = 2.0
"""Time-out of one attempt, given to every client."""
TOKEN: Final = "main-1"  # noqa: S105 - the name of a made-up token
SPARE: Final = "spare-1"


@dataclass(frozen=True, slots=True)
class Site:
    """Addresses of the API: the home region and the other one."""

    home: str
    other: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the caller's program was told. success: read as that client's documentation says."""

    success: bool
    body: bytes = b""
    note: str = ""


Send = Callable[[str, str, Mapping[str, str], bytes], Told]
"""Method, path, headers, body → what the caller is told. Raises nothing."""


@dataclass(frozen=True, slots=True)
class Client:
    """A row: `needs` are the packages whose versions are shown; `opened` makes a fresh client."""

    name: str
    needs: tuple[str, ...]
    opened: Callable[[Site], Send]


def replied(status: int, body: bytes) -> Told:
    """What a plain client tells: a status below 400 is a success."""
    return Told(status < 400, body, f"status {status}")  # noqa: PLR2004 - RFC 9110, section 15


def raised(error: Exception) -> Told:
    """What an exception tells."""
    return Told(False, note=f"{type(error).__name__}: {error}")
