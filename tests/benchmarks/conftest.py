"""Every client that a bare machine has, judged once over a slice of the plan."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from benchmarks.clients.judging import Judged, judge
from benchmarks.clients.plan import plan
from benchmarks.clients.running import read_books, run
from benchmarks.clients.table import CLIENTS, Client

from battle_healer_mock.server import MockServer, Options

# What ends within seconds for everybody: no outage to sit out, no quota to sleep over.
SLICE = (
    "ok", "retryable_500", "ambiguous_500", "rate_limit=1s", "reset", "truncated", "soft_error",
    "stall",
)  # fmt: skip
PATIENCE_S = 60.0
TIMEOUT_S = 4.0
AT_ONCE = 6


def judged(client: Client) -> Judged:
    calls = plan(SLICE)
    with MockServer(Options(port=0)) as server:
        token = server.issue_token()
        told = run(
            client.command, [call.call(server.url, token, TIMEOUT_S) for call in calls], PATIENCE_S
        )
        return judge(calls, told, read_books(server.url))


@pytest.fixture(scope="session")
def verdicts() -> Mapping[str, Judged]:
    """What was found of each client, by its title."""
    present = [client for client in CLIENTS if client.tool != "node"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(judged, present)
        return {client.title: one for client, one in zip(present, found, strict=True)}
