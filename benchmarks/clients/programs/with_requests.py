"""requests: bare, or over an adapter with urllib3's `Retry`, as both manuals have it."""

from __future__ import annotations

import sys
from functools import partial

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from benchmarks.clients.contract import Call, make_all, read_calls

# Which methods it repeats (not POST) and that it obeys Retry-After are urllib3's own defaults.
RETRY = Retry(total=3, backoff_factor=0.1, status_forcelist=(429, 500, 502, 503, 504))


def send(session: requests.Session, call: Call) -> str:
    """The answer as most programs read it."""
    reply = session.request(
        call.method, call.url, headers=call.headers, data=call.body, timeout=call.timeout_s
    )
    reply.raise_for_status()
    reply.json()
    return reply.text


if __name__ == "__main__":
    with requests.Session() as session:
        if sys.argv[1] == "retry":
            session.mount("http://", HTTPAdapter(max_retries=RETRY))
        make_all(read_calls(), partial(send, session))
