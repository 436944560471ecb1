"""httpx-retries: a retrying transport, as in its README; 5 resends, half a second of backoff.

Source: https://will-ockmore.github.io/httpx-retries/
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

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


def _opened(site: Site) -> Send:
    # Peers live in an environment of their own, which a type checker does not see.
    httpx: Any = import_module("httpx")
    httpx_retries: Any = import_module("httpx_retries")
    statuses = [429, 500, 502, 503, 504]
    retry = httpx_retries.Retry(total=5, backoff_factor=0.5, status_forcelist=statuses)
    client = httpx.Client(
        base_url=site.home,
        timeout=ATTEMPT_S,
        headers={"Authorization": f"Bearer {TOKEN}"},
        transport=httpx_retries.RetryTransport(retry=retry),
    )

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Told:
        try:
            reply = client.request(method, path, headers=headers, content=body)
        except httpx.HTTPError as error:
            return raised(error)
        return replied(reply.status_code, reply.content)

    return send


ROW: Final = Client("httpx-retries", ("httpx-retries", "httpx"), _opened)
