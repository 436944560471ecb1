"""One server for all tests of this room, on the manual clock, reset before each of them."""

from collections.abc import Iterator

import pytest
from tests.mock_server.driving import Mock

from battle_healer_mock.server import MockServer, Options


@pytest.fixture(scope="session")
def running_server() -> Iterator[MockServer]:
    with MockServer(Options(port=0, clock="manual")) as server:
        yield server


@pytest.fixture
def mock(running_server: MockServer) -> Iterator[Mock]:
    with Mock(running_server.url) as driven:
        driven.post("/reset")
        driven.post("/control/clock", json={"jump": False})
        yield driven
