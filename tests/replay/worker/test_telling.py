"""What a worker tells, and whom."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.replay.worker.conftest import rules_for
from tests.support.serving import Api, Said

from battle_healer.journal.place import Place
from battle_healer.journal.reading import Reader, Wanted
from battle_healer.journal.writer import writer_for
from battle_healer.rules import QueueRule, Rules
from battle_healer_replay.entry import Draft
from battle_healer_replay.worker import journalled, to_all

if TYPE_CHECKING:
    from tests.replay.conftest import Rig

Told = list[tuple[str, dict[str, Any]]]
Work = Callable[..., Told]
Charge = Callable[..., Draft]
CARRIED = ("correlation_id", "provider", "region", "endpoint")


def test_every_event_says_whose_it_is(
    rig: Rig, work: Work, charge: Charge, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "battle_healer")
    with Api([Said(500), Said(400)]) as api:
        for key in ("a", "b"):
            rig.queue.enqueue(charge(rig, api.url, key=key, correlation_id="corr-7"))
        rules = {"default": QueueRule(tell_queued=1, tell_dead=0)}
        told = work(rig, rules_for(api.url), at_once=1, queues=rules)
        told += work(rig, rules_for(api.url), queues=rules)
    assert {name for name, _ in told} == {
        "QUEUE_OVERFLOW", "QUEUE_RETRY_SCHEDULED", "QUEUE_REPLAY_DEAD", "QUEUE_DEAD_EXCEEDED",
    }  # fmt: skip
    facts = {tuple(data[name] for name in CARRIED) for _, data in told}
    assert facts == {("corr-7", "pay", "us", "charge")}
    said = {r.getMessage().split()[0]: r.levelname for r in caplog.records if "QUEUE_" in r.message}
    assert said["QUEUE_OVERFLOW"] == said["QUEUE_DEAD_EXCEEDED"] == "WARNING"
    assert said["QUEUE_REPLAY_DEAD"] == "INFO"


def test_what_was_lost_is_told_with_its_endpoint_too(rig: Rig, work: Work, charge: Charge) -> None:
    with Api(lambda seen: Said(200, {})) as api:
        rig.queue.enqueue(charge(rig, api.url))
        rig.claim("w1", 1)
        told = work(rig, rules_for(api.url), name="w1")
    assert [(name, data["endpoint"]) for name, data in told] == [
        ("QUEUE_RETRY_SCHEDULED", "charge"), ("QUEUE_REPLAY_SUCCESS", "charge"),
    ]  # fmt: skip


def test_the_journal_shows_an_event_and_counts_it_as_no_episode(
    rig: Rig, work: Work, charge: Charge, tmp_path: Path
) -> None:
    place = Place(tmp_path / "home" / "journal.db")
    with Api(lambda seen: Said(200, {})) as api:
        rig.queue.enqueue(charge(rig, api.url, correlation_id="corr-7"))
        told = work(rig, rules_for(api.url))
    tell = journalled(Rules(), lambda rules: place)
    for name, data in told:
        tell(name, data)
    assert writer_for(place).flush()
    with Reader(place.path) as reader:
        ((_, event),) = reader.newest("corr-7", 10)
        assert (event.name, event.of.endpoint) == ("QUEUE_REPLAY_SUCCESS", "charge")
        assert (reader.episodes(Wanted(), 10), reader.size()) == ([], 0)


def test_a_listener_that_raises_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[str] = []

    def broken(name: str, data: Any) -> None:
        raise RuntimeError("no")

    to_all(broken, lambda name, data: heard.append(name))("QUEUE_OVERFLOW", {})
    assert heard == ["QUEUE_OVERFLOW"]
    assert "whoever listens" in caplog.text
