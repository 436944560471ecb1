"""All parts, in the order of the report."""

from __future__ import annotations

from typing import Final

from benchmarks import boot, journal, memory, planner, server, start_up
from benchmarks.crowd import report as crowd
from benchmarks.mix import report as mix
from benchmarks.mocks import report as mocks
from benchmarks.overhead import report as overhead
from benchmarks.part import Part
from benchmarks.queue import behind
from benchmarks.queue import report as queue

PARTS: Final = (
    Part("mix", "The fault mix", mix.report),
    Part("crowd", "Crowds", crowd.report),
    Part("overhead", "What a clean call costs", overhead.report),
    Part("start", "Starting", start_up.report),
    Part("mocks", "The mock server beside others", mocks.report),
    Part("server", "The mock server beside a bare app", lambda say: server.report()),
    Part("boot", "The mock server's start", lambda say: boot.report()),
    Part("memory", "The mock server after a million requests", lambda say: memory.report()),
    Part("planner", "What a choice costs", lambda say: planner.report()),
    Part("journal", "What the journal adds", journal.report),
    Part("queue", "The queue beside others", queue.report),
    Part("queue-more", "The queue behind a crowd", behind.report),
)
