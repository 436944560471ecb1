"""httpx2 as it is: one attempt, and the caller sees what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

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
    client = httpx2.Client(
        base_url=site.home, timeout=ATTEMPT_S, headers={"Authorization": f"Bearer {TOKEN}"}
    )

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Told:
        try:
            reply = client.request(method, path, headers=headers, content=body)
        except httpx2.HTTPError as error:
            return raised(error)
        return replied(reply.status_code, reply.content)

    return send


ROW: Final = Client("httpx2", ("httpx2",), _opened)
