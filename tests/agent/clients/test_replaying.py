"""A parked call is sent again: the same call, watched at every send, never long in hand."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.support.building import attempt, call, destination, endpoint, kit, reply
from tests.support.playing import play
from tests.support.serving import Api, Said

from battle_healer import HealingClient, outcome_of
from battle_healer.clients.replaying import REPLAY, Replay
from battle_healer.episode import episode
from battle_healer.model import Attempt, Call, Refused
from battle_healer.rules import Destination, Endpoint, Region, Rules

DOWN = reply(503, {"processed": False}, retry_after="30")


def rules_for(url: str) -> Rules:
    charge = Endpoint("charge", "POST /charges", idempotency="honoured")
    where = Destination("pay", (Region("us", url),), (), (charge,), call_header=True)
    return Rules((where,))


class _NotNowError(Exception):
    pass


def replayed(client: HealingClient, watcher: Any) -> httpx2.Response:
    request = client.build_request(
        "POST",
        "pay:/charges",
        json={"amount": 15},
        headers={"Idempotency-Key": "k1"},
        extensions={REPLAY: Replay("call-7", "corr-7", "acme", watcher)},
    )
    return client.send(request)


def test_a_replay_is_the_same_call_and_each_send_of_it_is_told_before() -> None:
    sent: list[tuple[int, str, str, str]] = []
    answers = [Said(500, {}), Said(200, {"id": "c1"})]
    with Api(list(answers)) as api, HealingClient(policy=rules_for(api.url)) as client:

        def watch(attempt: Attempt) -> None:
            it = attempt.call
            sent.append((len(api.seen), it.id, it.tenant, it.origin))

        outcome = outcome_of(replayed(client, watch))
    assert sent == [(0, "call-7", "acme", "replay"), (1, "call-7", "acme", "replay")]
    assert (outcome.kind, outcome.call_id, outcome.correlation_id) == (
        "delivered", "call-7", "corr-7",
    )  # fmt: skip
    named = {(s.headers["healer-call"], s.headers["x-correlation-id"]) for s in api.seen}
    assert named == {("call-7", "corr-7")}


def test_what_the_watcher_raises_ends_the_call_before_its_first_byte() -> None:
    def stop(attempt: Attempt) -> None:
        raise _NotNowError

    with Api([]) as api, HealingClient(policy=rules_for(api.url)) as client:
        with pytest.raises(_NotNowError):
            replayed(client, stop)
        assert api.seen == []


def one_region(method: str = "POST", **changes: Any) -> Call:
    whole = destination(endpoints=(endpoint(**changes),))
    here = destination(endpoints=whole.endpoints, regions=whole.regions[:1])
    return call(method, at=here, origin="replay")


def test_a_wait_that_a_worker_should_not_sit_out_ends_as_not_yet() -> None:
    soon = reply(503, {"processed": False}, retry_after="3")
    outcome = play(episode(attempt(one_region()), soon, kit())).ends("failed")
    assert outcome.not_yet_s == pytest.approx(3.025)
    assert outcome.reason.startswith("unavailable (status 503): not yet")


def test_a_short_wait_is_waited_for() -> None:
    soon = reply(503, {"processed": False}, retry_after="1")
    play(episode(attempt(one_region()), soon, kit())).waits(1.025).sends(reply(200)).ends(
        "delivered"
    )


def test_the_wait_of_a_gate_is_the_queues_too() -> None:
    held = Refused("pacer", 10.0, patient=True)
    outcome = play(episode(attempt(one_region()), held, kit())).ends("failed")
    assert outcome.not_yet_s is not None
    assert outcome.not_yet_s >= 10


def test_the_same_wait_of_a_live_call_is_the_callers() -> None:
    live = call("POST", at=one_region().destination, deadline=110.0)
    assert play(episode(attempt(live), DOWN, kit())).ends("failed").not_yet_s is None


def test_a_wait_beyond_the_deadline_is_told_all_the_same() -> None:
    late = reply(503, {"processed": False}, retry_after="3600")
    outcome = play(episode(attempt(one_region()), late, kit())).ends("failed")
    assert outcome.not_yet_s == 3600.0


def test_a_refusal_of_the_request_itself_has_no_later() -> None:
    outcome = play(episode(attempt(one_region()), reply(400), kit())).ends("failed")
    assert outcome.not_yet_s is None


def test_i1_a_write_in_doubt_without_an_honoured_key_has_no_later() -> None:
    lost = reply(500)
    assert play(episode(attempt(one_region()), lost, kit())).ends("failed").not_yet_s is None
