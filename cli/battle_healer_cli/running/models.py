"""Which model the planners of a run ask: the real service with a key, its double without one."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

from battle_healer.planners.gemini.planner import gemini
from battle_healer.settings import load_gemini
from battle_healer_mock.gemini.double import MODEL
from battle_healer_mock.gemini.server import GeminiDouble

ASKING: Final = frozenset({"gemini", "auto"})
"""Planners that ask a model."""

WARM_S: Final = 10.0
"""What the model's library may take to load, before the first call is made."""

_OPENS_NOTHING: Final = "a-key-that-opens-nothing"


@contextmanager
def model_for(planners: Collection[str]) -> Iterator[str | None]:
    """Have a model to ask while this runs; gives a line that says which, None for none.

    Scenarios are played against a mock server, so a double of the model will do for them.
    Raises SettingsError.
    """
    if not ASKING & set(planners):
        yield None
    elif load_gemini().api_key is not None:
        yield _warm(f"the model asked is {load_gemini().model} at {load_gemini().base_url}")
    else:
        with GeminiDouble() as double, _settings(double.url):
            yield _warm(
                "no GEMINI_API_KEY is set: a double of the Gemini API answers, no model does; "
                "what is sent to it, and by what, is the same"
            )


def _warm(said: str) -> str:
    gemini().warm(WARM_S)
    return said


@contextmanager
def _settings(url: str) -> Iterator[None]:
    """Point the planner of this process at the double."""
    given = {
        "HEALER_GEMINI_API_KEY": _OPENS_NOTHING,
        "HEALER_GEMINI_BASE_URL": url,
        "HEALER_GEMINI_MODEL": MODEL,
        "HEALER_GEMINI_FALLBACK_MODEL": MODEL,
        # A crowd of calls on a virtual clock is no storm.
        "HEALER_GEMINI_CALLS_PER_MINUTE": "100000",
        "HEALER_GEMINI_CALLS_PER_DAY": "100000",
        "HEALER_GEMINI_TOKENS_PER_MINUTE": "100000000",
        "HEALER_GEMINI_TOKENS_PER_DAY": "100000000",
        "HEALER_GEMINI_USD_PER_MINUTE": "1000",
        "HEALER_GEMINI_USD_PER_DAY": "1000",
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        gemini().close()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
