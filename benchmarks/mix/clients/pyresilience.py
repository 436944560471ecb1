"""pyresilience's `llm_policy` over httpx2: its policy for APIs that throttle, Retry-After heard.

Source: https://pyresilience.readthedocs.io/
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


def _opened(site: Site) -> Send:
    pyresilience: Any = import_module("pyresilience")
    client = httpx2.Client(
        base_url=site.home, timeout=ATTEMPT_S, headers={"Authorization": f"Bearer {TOKEN}"}
    )

    @pyresilience.resilient(**pyresilience.llm_policy())  # type: ignore[untyped-decorator]  # a peer is not typed here
    def request(method: str, path: str, headers: Mapping[str, str], body: bytes) -> httpx2.Response:
        return client.request(method, path, headers=headers, content=body)

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Told:
        try:
            reply = request(method, path, headers, body)
        except (httpx2.HTTPError, pyresilience.ResilienceError) as error:
            return raised(error)
        return replied(reply.status_code, reply.content)

    return send


ROW: Final = Client("pyresilience", ("pyresilience", "httpx2"), _opened)
