"""A double on a socket, and a plain client that speaks to it."""

from collections.abc import Iterator

import httpx2
import pytest

from battle_healer_mock.gemini.server import GeminiDouble


@pytest.fixture
def double() -> Iterator[GeminiDouble]:
    with GeminiDouble() as running:
        yield running


@pytest.fixture
def client(double: GeminiDouble) -> Iterator[httpx2.Client]:
    headers = {"x-goog-api-key": "some-key-0123456789"}
    with httpx2.Client(base_url=double.url, headers=headers, trust_env=False) as plain:
        yield plain
