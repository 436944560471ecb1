"""All clients of the mix, in the order of the report."""

from __future__ import annotations

from typing import Final

from benchmarks.mix.clients import (
    auth_flow,
    bare,
    ours,
    pyresilience,
    retries,
    stamina,
    tenacity,
    urllib3_retry,
)

CLIENTS: Final = (
    bare.ROW,
    auth_flow.ROW,
    retries.ROW,
    urllib3_retry.ROW,
    tenacity.ROW,
    stamina.ROW,
    pyresilience.ROW,
    ours.ROW,
    ours.ASYNC_ROW,
)
OURS: Final = ours.ROW
BY_NAME: Final = {client.name: client for client in CLIENTS}
