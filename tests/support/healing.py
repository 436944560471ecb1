"""Healing clients that live in the time of a mock server, and the calls that they make."""

import random
from datetime import datetime

from tests.mock_server.driving import CHARGE, Json, Mock
from tests.mock_server.verdict.combinations import METHODS

from battle_healer.clients.surroundings import Surroundings
from battle_healer.drivers.virtual import VirtualTime


def shared_time(mock: Mock, callers: int = 1) -> VirtualTime:
    """Virtual time, in which the server lives as well."""
    wall = datetime.fromisoformat(mock.get("/control/clock").json()["wall"])
    return VirtualTime(callers, mock.advance, wall)


def living_in(time: VirtualTime, chance: random.Random) -> Surroundings:
    return Surroundings(time, time.wait, time.wait_async, chance.random, chance.getrandbits)


def call_of(n: int, mock: Mock, faults: str) -> Json:
    """One call of a healing client; every second brings a token of its own."""
    method, key = METHODS[n % 3]
    headers = {"X-Correlation-ID": f"corr-{n}", "X-Simulate-Failure": faults}
    headers |= {"Idempotency-Key": f"{key}-{n}"} if key else {}
    headers |= {"Authorization": f"Bearer {mock.token('healer')}"} if n % 2 else {}
    body = {"json": {**CHARGE, "note": "for lunch"}} if method == "POST" else {}
    return {"method": method, "url": f"{mock.url}/external-api", "headers": headers, **body}
