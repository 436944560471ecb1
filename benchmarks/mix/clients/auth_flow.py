"""httpx2 with a refreshing Auth class, as the httpx documentation shows one; nothing is retried.

Source: https://www.python-httpx.org/advanced/authentication/#custom-authentication-schemes
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
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


class _Refreshing(httpx2.Auth):
    requires_response_body = True

    def __init__(self, token: str, address: str) -> None:
        self._token, self._address = token, address

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        reply = yield request
        if reply.status_code == httpx2.codes.UNAUTHORIZED:
            fresh = yield httpx2.Request("POST", self._address, json={"token": self._token})
            self._token = fresh.json()["token"]
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request


def _opened(site: Site) -> Send:
    auth = _Refreshing(TOKEN, f"{site.home}/token")
    client = httpx2.Client(base_url=site.home, timeout=ATTEMPT_S, auth=auth)

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Told:
        try:
            reply = client.request(method, path, headers=headers, content=body)
        except httpx2.HTTPError as error:
            return raised(error)
        return replied(reply.status_code, reply.content)

    return send


ROW: Final = Client("httpx2 + Auth flow", ("httpx2",), _opened)
