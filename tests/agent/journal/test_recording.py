"""What of real calls is kept, judged by what another process reads; both kinds of client."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.support.building import FixedClock, call
from tests.support.serving import Api, Said

from battle_healer import AsyncHealingClient, HealingClient, outcome_of
from battle_healer.clients.surroundings import Surroundings
from battle_healer.commands import Abstain, Note, Ranking
from battle_healer.errors import ClosedError
from battle_healer.journal.event import step_of
from battle_healer.journal.journal import Journal
from battle_healer.journal.place import Place
from battle_healer.journal.writer import Writer, writer_for
from battle_healer.model import Asked, Kind, OutcomeKind
from battle_healer.rules import Destination, Region, Rules

Until = Callable[[Callable[[], object]], None]
Kept = Callable[..., dict[str, Any]]


@pytest.fixture
def kept(place: Place) -> Kept:
    """Options of a client that keeps its journal at `place`, and never waits long."""

    def options(**changes: Any) -> dict[str, Any]:
        given = {"wait": lambda s: None, "journal": lambda rules: place} | changes
        return {"surroundings": Surroundings(**given), "trust_env": False}

    return options


def test_an_episode_is_kept_and_a_clean_send_is_counted(
    kept: Kept, place: Place, book: Any
) -> None:
    with Api([Said(200), Said(503), Said(200), Said(200)]) as api:
        policy = Rules((Destination("pay", (Region("us", api.url),)),))
        with HealingClient(policy=policy, **kept()) as client:
            headers = {"X-Correlation-ID": "order-7"}
            for _ in range(3):
                client.get("pay:/charges", headers=headers)
            assert client.healing.journal.counts == {"clean": 2, "refusals": 0}
            assert client.healing.journal.flush()
    (episode,) = book.episodes()
    assert (episode.of.correlation_id, episode.of.provider) == ("order-7", "pay")
    assert (episode.outcome, episode.requests, episode.status) == ("delivered", 2, 200)
    assert book.names(episode.of.episode) == ["EPISODE_BEGUN", "STEP", "EPISODE"]
    assert book.counts == {"clean": 2}


def test_a_step_tells_the_diagnosis_the_menu_and_who_chose(kept: Kept, book: Any) -> None:
    with Api([Said(500, {"detail": "broken"})]) as api, HealingClient(**kept()) as client:
        client.post(api.url, json={"amount": 1})
        client.healing.journal.flush()
    (episode,) = book.episodes()
    told = book.events(episode.of.episode)[1].data
    step = step_of(told)
    assert (step.kind, step.planner, step.action) == (Kind.SERVER_ERROR, "heuristic", "abort")
    assert step.menu == ("p1 abort",)
    assert [veto.invariant for veto in step.vetoes] == ["I1"]
    assert (told["status"], told["request"], told["processed"]) == (500, 1, "maybe")
    assert told["evidence"]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_what_is_known_is_on_disk_while_the_call_runs(
    kind: str, kept: Kept, place: Place, book: Any, until: Until
) -> None:
    go = threading.Event()

    def answer(seen: Any) -> Said:
        if len(api.seen) == 1:
            return Said(503)
        go.wait(30)
        return Said(200)

    async def ask() -> None:
        async with AsyncHealingClient(**kept(wait=None)) as client:
            await client.get(api.url)
            await asyncio.to_thread(client.healing.journal.flush)

    def ask_blocking() -> None:
        with HealingClient(**kept(wait=None)) as client:
            client.get(api.url)
            client.healing.journal.flush()

    with Api(answer) as api:
        runs = ask_blocking if kind == "sync" else lambda: asyncio.run(ask())
        caller = threading.Thread(target=runs)
        caller.start()
        try:
            until(lambda: [len(book.names(row.of.episode)) for row in book.episodes()] == [2])
            (running,) = book.episodes(outcome="open")
            assert book.names(running.of.episode) == ["EPISODE_BEGUN", "STEP"]
        finally:
            go.set()
            caller.join()
    assert [row.outcome for row in book.episodes()] == ["delivered"]


def test_a_refusal_is_written_once_a_minute_and_the_others_are_counted_with_it(
    kept: Kept, book: Any
) -> None:
    clock = FixedClock()
    with Api(lambda seen: Said(404)) as api, HealingClient(**kept(clock=clock)) as client:
        for seconds in (0, 10, 59, 61):
            clock.time = 100.0 + seconds
            client.get(f"{api.url}/{seconds}")
        client.healing.journal.flush()
    assert sorted(row.more for row in book.episodes()) == [0, 2]
    assert all(row.outcome == "failed" for row in book.episodes())
    assert book.counts == {"refusals": 2}


class MovingClock(FixedClock):
    """Lets time pass at once."""

    def pass_by(self, seconds: float) -> None:
        self.time += seconds


def test_a_4xx_that_is_healed_is_no_refusal(kept: Kept, book: Any) -> None:
    answers = [Said(429, {}, {"Retry-After": "1"}), Said(200)] * 2
    clock = MovingClock()
    options = kept(clock=clock, wait=clock.pass_by)
    with Api([*answers]) as api, HealingClient(**options) as client:
        client.get(api.url)
        client.get(api.url)
        client.healing.journal.flush()
    assert [row.outcome for row in book.episodes()] == ["delivered", "delivered"]
    assert all(len(book.names(row.of.episode)) == 3 for row in book.episodes())


def test_a_call_that_a_gate_held_is_kept_with_the_gate_and_its_time(kept: Kept, book: Any) -> None:
    clock = MovingClock()
    options = kept(clock=clock, wait=clock.pass_by, chance=lambda: 0.0)
    with Api([Said(429, {}, {"Retry-After": "5"}), Said(200)]) as api:
        policy = Rules((Destination("pay", (Region("us", api.url),)),))
        with HealingClient(policy=policy, **options) as client:
            client.get("pay:/", extensions={"healer": {"deadline_s": 1.0}})
            client.get("pay:/")
            client.healing.journal.flush()
    (held,) = book.episodes(outcome="delivered")
    assert book.names(held.of.episode) == ["EPISODE_BEGUN", "HELD", "EPISODE"]
    begun, hold, _ = book.events(held.of.episode)
    assert begun.data["gate"] == "pacer"
    assert hold.data == {"region": "us", "gate": "pacer", "wait_s": 5.0}
    assert held.requests == 1


class Asks:
    """A planner that was asked something, and answers as it is told to."""

    name = "asks"

    def __init__(self, said: Ranking | Abstain) -> None:
        self._said = said

    def rank(self, menu: Any, facts: Any, budget_s: float) -> Ranking | Abstain:
        return self._said


QUESTION = json.dumps({"facts": {"kind": "unavailable"}, "options": {"p1": "x" * 4000}})


def test_what_a_planner_was_asked_and_said_is_kept_whole(kept: Kept, book: Any) -> None:
    said = Ranking({"p1": 0.75, "p2": 0.25}, "asks", "ours", model_calls=1, sent=QUESTION)
    with (
        Api([Said(503), Said(200)]) as api,
        HealingClient(planner=Asks(said), **kept()) as client,
    ):
        outcome = outcome_of(client.get(api.url))
        client.healing.journal.flush()
    (episode,) = book.episodes()
    step = step_of(book.events(episode.of.episode)[1].data)
    assert step == outcome.steps[0]
    assert step.asked == Asked("asks", "ranked", "ours", (("p1", 0.75), ("p2", 0.25)), 1, QUESTION)


def test_a_planner_that_did_not_say_is_kept_with_its_reason(kept: Kept, book: Any) -> None:
    why = "no model \x1b[2J answered"
    said = Abstain("down", why, model_calls=1, sent=QUESTION, tokens=7, off_s=30.0)
    with (
        Api([Said(503), Said(200)]) as api,
        HealingClient(planner=Asks(said), **kept()) as client,
    ):
        client.get(api.url)
        client.healing.journal.flush()
    (episode,) = book.episodes()
    names = ["EPISODE_BEGUN", "PLANNER_SILENT", "STEP", "EPISODE"]
    assert book.names(episode.of.episode) == names
    _, silent, told, _ = book.events(episode.of.episode)
    why = r"no model \x1b[2J answered"
    assert silent.data == {"planner": "asks", "kind": "down", "why": why, "off_s": 30.0}
    assert step_of(told.data).asked == Asked("asks", "down", why, (), 1, QUESTION, 7)


def test_a_4xx_that_a_planner_gave_up_is_no_refusal_for_it_was_asked(kept: Kept, book: Any) -> None:
    clock = MovingClock()
    gives_up = Ranking({"p1": 0.0, "p2": 1.0}, "asks")
    with (
        Api(lambda seen: Said(429)) as api,
        HealingClient(planner=Asks(gives_up), **kept(clock=clock)) as client,
    ):
        for _ in range(2):
            assert outcome_of(client.get(api.url)).steps[0].action == "abort"
        client.healing.journal.flush()
    assert [row.outcome for row in book.episodes()] == ["failed", "failed"]


def test_a_call_that_was_given_up_has_no_outcome(kept: Kept, place: Place, book: Any) -> None:
    heard: list[Note] = []

    def leave(seconds: float) -> None:
        raise KeyboardInterrupt

    with (
        Api([Said(503), Said(503)]) as api,
        HealingClient(on_event=heard.append, **kept(wait=leave)) as client,
    ):
        with pytest.raises(KeyboardInterrupt):
            client.get(api.url)
        client.healing.journal.flush()
    (episode,) = book.episodes(outcome="cancelled")
    assert book.names(episode.of.episode) == ["EPISODE_BEGUN", "STEP", "EPISODE_CANCELLED"]
    assert book.events(episode.of.episode)[-1].data == {"why": "KeyboardInterrupt"}
    assert heard[-1].name == "EPISODE_CANCELLED"
    assert heard[-1].data["correlation_id"] == episode.of.correlation_id


def test_a_task_that_was_cancelled_leaves_nothing_running(kept: Kept, book: Any) -> None:
    async def run() -> None:
        waiting = asyncio.Event()

        async def forever(seconds: float) -> None:
            waiting.set()
            await asyncio.Event().wait()

        async with AsyncHealingClient(**kept(wait_async=forever)) as client:
            task = asyncio.create_task(client.get(api.url))
            await waiting.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            client.healing.journal.flush()

    with Api([Said(503)]) as api:
        asyncio.run(run())
    assert [row.outcome for row in book.episodes()] == ["cancelled"]


def test_a_client_that_closes_meanwhile_is_told_as_a_call_given_up(kept: Kept, book: Any) -> None:
    def close(seconds: float) -> None:
        raise ClosedError("closed", "client", "")

    with Api([Said(503)]) as api, HealingClient(**kept(wait=close)) as client:
        with pytest.raises(ClosedError):
            client.get(api.url)
        client.healing.journal.flush()
    (episode,) = book.episodes()
    assert book.events(episode.of.episode)[-1].data == {"why": "ClosedError"}


def test_the_journal_on_disk_changes_nothing_for_the_call(kept: Kept, place: Place) -> None:
    with Api(lambda seen: Said(503)) as api:
        with HealingClient(**kept()) as one:
            with_it = one.get(api.url)
        seen = len(api.seen)
        with HealingClient(**kept(journal=lambda rules: None)) as other:
            without = other.get(api.url)
        assert len(api.seen) == 2 * seen
    assert with_it.status_code == without.status_code
    assert place.path.exists()
    writer_for(place).flush()


def test_a_refusal_that_was_held_back_is_told_when_it_proves_to_be_none(
    writer: Writer, book: Any, make: Any
) -> None:
    journal = Journal(FixedClock(), 10, writer=writer)
    journal.note(call(), Note("EPISODE_BEGUN", {"episode": "ep-1", "status": 401}))
    assert journal.flush()
    assert book.episodes() == []
    journal.note(call(), Note("STEP", {"step": make.step("refresh_credential"), "status": 401}))
    assert journal.flush()
    assert book.names("ep-1") == ["EPISODE_BEGUN", "STEP"]


@pytest.mark.parametrize("status", [503, None])
def test_the_first_trouble_is_told_before_anything_is_decided(
    status: int | None, writer: Writer, book: Any
) -> None:
    journal = Journal(FixedClock(), 10, writer=writer)
    journal.note(call(), Note("EPISODE_BEGUN", {"episode": "ep-1", "status": status}))
    assert journal.flush()
    assert book.names("ep-1") == ["EPISODE_BEGUN"]


@pytest.mark.parametrize(("menu", "told"), [(("p1 retry", "p2 abort"), 1), (("p1 abort",), 0)])
def test_giving_up_a_4xx_is_told_at_once_where_something_else_could_be_done(
    menu: tuple[str, ...], told: int, writer: Writer, book: Any, make: Any
) -> None:
    journal = Journal(FixedClock(), 10, writer=writer)
    journal.note(call(), Note("EPISODE_BEGUN", {"episode": "ep-1", "status": 429}))
    journal.note(call(), Note("STEP", {"step": make.step("abort", menu=menu), "status": 429}))
    assert journal.flush()
    assert len(book.episodes()) == told


def test_an_event_outside_of_an_episode_is_not_kept(writer: Writer, book: Any) -> None:
    journal = Journal(FixedClock(), 10, writer=writer)
    journal.note(call(), Note("SOMETHING", {}))
    assert journal.flush()
    assert book.episodes() == []


def test_an_event_of_another_name_is_kept_with_its_data(
    writer: Writer, book: Any, make: Any
) -> None:
    journal = Journal(FixedClock(), 10, writer=writer)
    journal.note(call(), Note("EPISODE_BEGUN", {"episode": "ep-1", "status": 503}))
    journal.note(call(), Note("CREDENTIAL_QUOTA_SIGNAL", {"left": 3, "region": "eu"}))
    journal.record(call(), make.outcome("ep-1", kind=OutcomeKind.FAILED))
    assert journal.flush()
    assert book.names("ep-1") == ["EPISODE_BEGUN", "CREDENTIAL_QUOTA_SIGNAL", "EPISODE"]
    assert book.events("ep-1")[1].data == {"left": 3, "region": "eu"}


def test_a_reply_of_httpx_is_kept_too(kept: Kept, book: Any) -> None:
    with Api([Said(503), Said(200)]) as api, HealingClient(**kept()) as client:
        reply: httpx2.Response = client.get(api.url)
        client.healing.journal.flush()
    assert reply.status_code == 200
    assert len(book.episodes()) == 1
