"""The words of ASGI that this room uses. Source: ASGI 3.0, HTTP specification."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def header(scope: Scope, name: str) -> str | None:
    """The value of a header, the last one where there are several. name: in lower case."""
    wanted = name.encode()
    found = [value for key, value in scope["headers"] if key == wanted]
    return found[-1].decode("latin-1") if found else None
