"""All parts, in the order of the report."""

from __future__ import annotations

from typing import Final

from benchmarks import happy_path, server
from benchmarks.mix import report as mix
from benchmarks.part import Part

PARTS: Final = (
    Part("mix", "The fault mix", mix.report),
    Part("overhead", "What a clean call costs", lambda say: happy_path.report()),
    Part("server", "The mock server beside a bare app", lambda say: server.report()),
)
