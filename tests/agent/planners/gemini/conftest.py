"""A double of the Gemini API on a real socket, and planners that ask it through the real SDK."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from battle_healer.model import OutcomeKind, Plan
from battle_healer.planners.gemini.planner import Gemini
from battle_healer.rules import Region
from battle_healer.secret import Secret
from battle_healer.settings import GeminiSettings
from battle_healer_mock.gemini.double import MODEL
from battle_healer_mock.gemini.server import GeminiDouble

KEY = "canary-key-0123456789"
WARM_S = 20.0
LIVE_KEY = os.environ.get("GEMINI_API_KEY") if os.environ.get("HEALER_TEST_GEMINI") else None
"""For `make test-live`: with it the conversation tests ask the real service."""


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of whoever runs the tests: a key of theirs must never be used here."""
    for name in [name for name in os.environ if name.startswith(("HEALER_", "GEMINI_", "GOOGLE_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def running_double() -> Iterator[GeminiDouble]:
    with GeminiDouble() as double:
        yield double


@pytest.fixture
def double(running_double: GeminiDouble) -> GeminiDouble:
    """The double, sensible and without faults, its wire log empty."""
    running_double.double.set("sensible", "")
    running_double.double.clear()
    return running_double


SILENT = frozenset({"hang", "drip_headers", "drip"})
"""Faults of the double that only the end of a budget ends."""
SHORT_S = 1.0
"""A budget that ends; what must happen within it takes 20 ms on an idle machine."""
LONG_S = 10.0
"""A budget that does not end before an answer, however busy the machine is."""
_OF_THE_SDK_MS = 120_000
AN_AGE_S = 60.0
"""Half of what the SDK would wait in these tests: who is back before has kept to a budget."""


def budget_s(fault: str) -> float:
    return SHORT_S if fault in SILENT else LONG_S


@pytest.fixture
def patient_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the SDK wait so long that no load of the machine looks like it."""
    monkeypatch.setattr("battle_healer.planners.gemini.sdk._TIMEOUT_MS", _OF_THE_SDK_MS)


MakePlanner = Callable[..., Gemini]


@pytest.fixture
def planner(double: GeminiDouble) -> Iterator[MakePlanner]:
    """Make planners that ask the double; settings may be changed. All are closed at the end."""
    made: list[Gemini] = []

    def make(**changes: Any) -> Gemini:
        given: dict[str, Any] = {
            "api_key": Secret(KEY),
            "base_url": double.url,
            "model": MODEL,
            "fallback_model": MODEL,
        }
        warm, now = changes.pop("warm", True), changes.pop("now", time.monotonic)
        one = Gemini(GeminiSettings(_env_file=None, **(given | changes)), now)
        made.append(one)
        if warm:
            one.warm(WARM_S)
        return one

    yield make
    for one in made:
        one.close()


@pytest.fixture
def service(planner: MakePlanner) -> MakePlanner:
    """Make planners that ask the real service in `make test-live`, else the double."""
    if LIVE_KEY is None:
        return planner

    def make(**changes: Any) -> Gemini:
        names = ("base_url", "model", "fallback_model")
        real = {name: GeminiSettings.model_fields[name].default for name in names}
        return planner(**({"api_key": Secret(LIVE_KEY)} | real | changes))

    return make


REGION = Region("eu", "https://eu.api.example")
MENU = (
    Plan("fail_over", "region us does not answer well", "p1", region=REGION, credential="main"),
    Plan("retry", "it may help", "p2", region=REGION, credential="main", wait_s=0.2),
    Plan("abort", "nothing else is possible", "p3", ends=OutcomeKind.FAILED),
)
FACTS: dict[str, Any] = {
    "kind": "unavailable",
    "processed": "no",
    "helps": "unchanged",
    "credential": None,
    "soft": False,
    "server_wait_s": None,
    "status": 503,
    "method": "GET",
    "repeatable": True,
    "requests": 1,
    "remaining_s": 29.9,
    "regions": 2,
    "credentials": 2,
    "past": [],
    "words": ["maintenance"],
    "model_calls_left": 1,
}
