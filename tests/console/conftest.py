"""The API on a real socket, over a queue on either database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.replay.conftest import postgres_url, server  # noqa: F401 -- fixtures

from battle_healer.rules import CredentialRule, Destination, Endpoint, Region, Rules
from battle_healer.secret import Secret
from battle_healer_console.app import build
from battle_healer_console.desk import Desk
from battle_healer_mock.serving import Serving, bind, url_of
from battle_healer_replay import Queue, open_queue
from battle_healer_replay.entry import Reason
from battle_healer_replay.operations.claim import Wish
from battle_healer_replay.parking import undeclared
from battle_healer_replay.transitions import Event

US, EU, INSIDE = "https://pay.example", "https://eu.pay.example/v1", "http://10.0.0.7:8080"

RULES = Rules(
    (
        Destination(
            "pay",
            (Region("us", US), Region("eu", EU, 2)),
            (CredentialRule("main", Secret("declared"), header="X-Pay-Token"),),
            (
                Endpoint("charge", "POST /charges", idempotency="honoured", queue="charges"),
                Endpoint("refund", "POST /refunds"),
            ),
            policy="healer.yaml",
        ),
        Destination("frank", (Region("only", "https://frank.example"),), says_processed=True),
        Destination("inside", (Region("only", INSIDE),)),
    ),
    source="healer.yaml",
)


def declaring(url: str) -> Rules:
    if not RULES.place(url)[0].declared:
        raise undeclared(url, RULES.source)
    return RULES


@dataclass
class Console:
    """The API at an address, and the queue behind it."""

    url: str
    queue: Queue
    client: httpx2.Client
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        given = {} if body is None else {"json": body}
        return self.client.request(method, f"{self.url}{path}", **given, **more)

    def handed(self, **changes: Any) -> dict[str, Any]:
        """A charge that failed, as a client would hand it in; None leaves a field out."""
        fields = {
            "request_id": f"req-{next(self._numbers)}",
            "endpoint": "charge",
            "method": "POST",
            "url": f"{US}/charges",
            "headers": {},
            "body": {"amount": 15},
            "error_status": 503,
            "idempotency_key": None,
        }
        return {name: v for name, v in (fields | changes).items() if v is not None}

    def hand_in(self, **changes: Any) -> httpx2.Response:
        return self.call("POST", "/queue-failed", self.handed(**changes))

    def entry(self, **changes: Any) -> str:
        """The id of an entry that was taken in."""
        reply = self.hand_in(**changes)
        assert reply.status_code == 202, reply.text
        return str(reply.json()["id"])

    def dead(self, **changes: Any) -> str:
        """An entry that the API has refused."""
        name = self.entry(**{"idempotency_key": f"key-{next(self._numbers)}"} | changes)
        (claim,) = self.queue.claim(Wish("w", 30.0, 1)).claims
        assert claim.entry.id == name
        event = Event("bury", name, fence=claim.entry.fence, reason=Reason.REFUSED, status=422)
        self.queue.record(event)
        return name


@contextmanager
def serving(queue: Queue) -> Iterator[Console]:
    """The API over a queue, on a free port."""
    with (
        closing(Desk(queue)) as desk,
        httpx2.Client(trust_env=False, timeout=30) as client,
    ):
        listener = bind("127.0.0.1", 0)
        running = Serving(lambda: build(desk, declaring), lambda: None)
        url = url_of("127.0.0.1", listener.getsockname()[1])
        running.start([listener], "queue-api", url)
        try:
            yield Console(url, queue, client)
        finally:
            running.stop()


@pytest.fixture
def where(tmp_path: Path) -> str:
    return f"sqlite:{tmp_path / 'queue.db'}"


@pytest.fixture
def console(where: str) -> Iterator[Console]:
    with open_queue(where) as queue, serving(queue) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest) -> Iterator[Console]:
    """The API over a queue on each of the databases."""
    if request.param == "sqlite":
        yield request.getfixturevalue("console")
        return
    from battle_healer_replay.postgres.engine import PostgresEngine  # noqa: PLC0415 -- an extra

    engine = PostgresEngine(request.getfixturevalue("postgres_url"))
    with Queue(engine) as queue, serving(queue) as running:
        yield running


@pytest.fixture
def over() -> Callable[[Queue], Any]:
    """The API over a queue of the test's own."""
    return serving
