"""tenacity over httpx2: random exponential backoff and five attempts, as its README shows.

Source: https://tenacity.readthedocs.io/en/latest/
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


def worth_a_retry(error: BaseException) -> bool:
    """Throttles, errors of the server, and every error of the exchange itself."""
    if isinstance(error, httpx2.HTTPStatusError):
        status = error.response.status_code
        return status == httpx2.codes.TOO_MANY_REQUESTS or error.response.is_server_error
    return isinstance(error, httpx2.HTTPError)


def _opened(site: Site) -> Send:
    tenacity: Any = import_module("tenacity")
    client = httpx2.Client(
        base_url=site.home, timeout=ATTEMPT_S, headers={"Authorization": f"Bearer {TOKEN}"}
    )

    @tenacity.retry(  # type: ignore[untyped-decorator]  # a peer is not typed here
        retry=tenacity.retry_if_exception(worth_a_retry),
        wait=tenacity.wait_random_exponential(multiplier=0.5, max=60),
        stop=tenacity.stop_after_attempt(5),
        reraise=True,
    )
    def request(method: str, path: str, headers: Mapping[str, str], body: bytes) -> httpx2.Response:
        return client.request(method, path, headers=headers, content=body).raise_for_status()

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Told:
        try:
            reply = request(method, path, headers, body)
        except httpx2.HTTPError as error:
            return raised(error)
        return replied(reply.status_code, reply.content)

    return send


ROW: Final = Client("tenacity", ("tenacity", "httpx2"), _opened)
