"""httpx2, or httpx: bare, or with the retries that its transport offers (of connecting only)."""

from __future__ import annotations

import sys
from functools import partial
from importlib import import_module
from typing import Any

from benchmarks.clients.contract import Call, make_all, read_calls


def send(client: Any, call: Call) -> str:
    """The answer as most programs read it."""
    reply = client.request(
        call.method, call.url, headers=call.headers, content=call.body, timeout=call.timeout_s
    )
    reply.raise_for_status()
    reply.json()
    return str(reply.text)


if __name__ == "__main__":
    library = import_module(sys.argv[1])
    transport = library.HTTPTransport(retries=int(sys.argv[2]))
    with library.Client(transport=transport) as client:
        make_all(read_calls(), partial(send, client))
