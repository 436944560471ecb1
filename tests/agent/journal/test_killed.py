"""`kill -9` at any moment: what was known up to then can be read, and the file is whole."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.serving import Api, Said

from battle_healer.journal.event import step_of
from battle_healer.journal.lock import alone
from battle_healer.journal.place import Place

Until = Callable[[Callable[[], object]], None]

_ONE_CALL = """
import sys
from battle_healer import HealingClient
with HealingClient(trust_env=False) as client:
    client.get(sys.argv[1], headers={"X-Correlation-ID": "order-7"})
"""


def start(program: str, home: Path, *arguments: str) -> "subprocess.Popen[str]":
    environment = os.environ | {"HEALER_HOME": str(home)}
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env=environment, cwd=home.parent, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_the_steps_of_a_call_that_was_killed_are_there(
    place: Place, book: Any, until: Until
) -> None:
    forever = threading.Event()

    def answer(seen: Any) -> Said:
        if len(api.seen) < 3:
            return Said(503)
        forever.wait(60)
        return Said(200)

    with Api(answer) as api:
        victim = start(_ONE_CALL, place.path.parent, api.url)
        try:
            until(lambda: len(api.seen) == 3)
            until(lambda: [len(book.names(row.of.episode)) for row in book.episodes()] == [3])
        finally:
            victim.kill()
            forever.set()
        assert victim.wait(30) == -9
        victim.communicate()
    (episode,) = book.episodes()
    assert (episode.outcome, episode.ended) == ("open", None)
    assert episode.of.correlation_id == "order-7"
    steps = [step_of(event.data) for event in book.events(episode.of.episode)[1:]]
    assert [step.action for step in steps] == ["retry", "retry"]
    assert book.is_whole


_MANY_CALLS = """
import itertools, sys
import httpx2
from battle_healer import HealingClient, outcome_of
from battle_healer.clients.surroundings import Surroundings
from battle_healer.rules import GateBounds, Rules
plenty = GateBounds(
    retry_tokens=1_000_000, retry_refill_per_s=1_000_000.0, breaker_attempts=1_000_000
)
around = Surroundings(wait=lambda s: None)
turns = itertools.count()
inner = httpx2.MockTransport(lambda request: httpx2.Response((503, 200)[next(turns) % 2]))
rules = Rules(gates=plenty)
with HealingClient(policy=rules, transport=inner, surroundings=around) as client:
    while True:
        reply = client.get("https://api.example/")
        if client.healing.journal.flush():
            print(outcome_of(reply).episode, flush=True)
"""


@pytest.mark.parametrize("after", [1, 2, 7, 40])
def test_what_was_flushed_before_a_kill_is_there(place: Place, book: Any, after: int) -> None:
    victim = start(_MANY_CALLS, place.path.parent)
    assert victim.stdout is not None
    told = [victim.stdout.readline().strip() for _ in range(after)]
    victim.kill()  # in the middle of whatever it writes next
    # Not communicate(): it reads past what the line reader holds already.
    told += victim.stdout.read().split()
    victim.wait(30)
    victim.stdout.close()
    assert book.is_whole
    kept = {row.of.episode: row.outcome for row in book.episodes()}
    assert {kept.get(name) for name in told} == {"delivered"}
    assert len(kept) - len(told) <= 1


def test_the_lock_of_a_process_that_was_killed_is_free(place: Place, until: Until) -> None:
    place.path.parent.mkdir()
    program = """
import sys, threading
from pathlib import Path
from battle_healer.journal.lock import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    threading.Event().wait()
"""
    holder = start(program, place.path.parent, str(place.path))
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(Exception, match="another process"), alone(place.path, 0.01):
        pass
    holder.kill()
    holder.communicate(timeout=30)
    with alone(place.path, 1.0):
        pass
