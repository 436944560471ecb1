"""stamina over httpx2, with the hook of its tutorial: 5xx and 429 are retried, waits are heard.

Defaults of its own otherwise (10 attempts, 45 s). The hook returns Retry-After in seconds where
there is one, which stamina then waits for.
Source: https://stamina.hynek.me/en/stable/tutorial.html
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import httpx2

from benchmarks.mix.clients.client import (
    ATTEMPT_S,
    TOKEN,
    Client,
    Send,
    Site,
    Told,
    raised,
    replied,
)


def worth_a_retry(error: Exception) -> bool | float:
    """Whether to try again, or after how many seconds."""
    if isinstance(error, httpx2.HTTPStatusError):
        after = error.response.headers.get("Retry-After", "")
        status = error.response.status_code
        again = status == httpx2.codes.TOO_MANY_REQUESTS or error.response.is_server_error
        return float(after) if again and after.isdigit() else again
    return isinstance(error, httpx2.HTTPError)


def _opened(site: Site) -> Send:
    stamina: Any = import_module("stamina")
    client = httpx2.Client(
        base_url=site.home, timeout=ATTEMPT_S, headers={"Authorization": f"Bearer {TOKEN}"}
    )

    @stamina.retry(on=worth_a_retry)  # type: ignore[untyped-decorator]  # a peer is not typed here
    def request(method: str, path: str, headers: Mapping[str, str], body: bytes) -> httpx2.Response:
        return client.request(method, path, headers=headers, content=body).raise_for_status()

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Told:
        try:
            reply = request(method, path, headers, body)
        except httpx2.HTTPError as error:
            return raised(error)
        return replied(reply.status_code, reply.content)

    return send


ROW: Final = Client("stamina", ("stamina", "httpx2"), _opened)
