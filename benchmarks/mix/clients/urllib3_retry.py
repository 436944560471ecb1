"""requests with urllib3's Retry mounted, as both document it; statuses of the usual list.

Source: https://urllib3.readthedocs.io/en/stable/reference/urllib3.util.html#urllib3.util.Retry
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
    requests: Any = import_module("requests")
    adapters: Any = import_module("requests.adapters")
    util: Any = import_module("urllib3.util")
    retry = util.Retry(total=5, backoff_factor=0.5, status_forcelist=[429, 500, 502, 503, 504])
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {TOKEN}"
    session.mount("http://", adapters.HTTPAdapter(max_retries=retry))

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Told:
        try:
            reply = session.request(
                method, site.home + path, headers=headers, data=body, timeout=ATTEMPT_S
            )
        except requests.RequestException as error:
            return raised(error)
        return replied(reply.status_code, reply.content)

    return send


ROW: Final = Client("requests + urllib3 Retry", ("requests", "urllib3"), _opened)
