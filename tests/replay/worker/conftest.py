"""A worker on either database, run until nothing is due, and what it told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from battle_healer.rules import Destination, Endpoint, Region, Rules
from battle_healer_replay.entry import Draft, Payload
from battle_healer_replay.worker import Options, Worker

if TYPE_CHECKING:
    from tests.replay.conftest import Rig

Told = list[tuple[str, dict[str, Any]]]


def rules_for(url: str, **changes: Any) -> Rules:
    """One destination, one region, keys honoured."""
    given = {"idempotency": "honoured"} | changes
    charge = Endpoint("charge", "POST /charges", **given)
    return Rules((Destination("pay", (Region("us", url),), (), (charge,), call_header=True),))


@pytest.fixture
def work() -> Callable[..., Told]:
    """Run a worker until nothing is due; returns the events that it told."""

    def run(rig: Rig, rules: Rules, **options: Any) -> Told:
        told: Told = []
        worker = Worker(
            rig.queue,
            lambda payload: rules,
            options=Options(**{"name": "w1"} | options),
            on_event=lambda name, data: told.append((name, dict(data))),
            chance=lambda: 0.5,
        )
        worker.run(until_empty=True)
        return told

    return run


@pytest.fixture
def charge() -> Callable[..., Draft]:
    """A draft of a charge at an address."""

    def make(rig: Rig, url: str, *, key: str | None = "k1", **changes: Any) -> Draft:
        keyed = () if key is None else (("Idempotency-Key", key),)
        headers = (("Content-Type", "application/json"), *keyed)
        payload = Payload("POST", f"{url}/charges", headers, b'{"amount": 15}', key, "us")
        return rig.draft(**{"payload": payload, "safe": key is not None} | changes)

    return make
