"""What the caller gets, and what the API saw; each for threads and for tasks."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.support.serving import Api, Said

from battle_healer import outcome_of
from battle_healer.drivers.virtual import VirtualTime
from battle_healer.model import OutcomeKind

Ask = Callable[..., httpx2.Response]


def test_a_clean_answer_comes_as_it_is(ask: Ask) -> None:
    with Api([Said(200, {"ok": True}, {"X-Own": "1", "ETag": '"a"'})]) as api:
        reply = ask("GET", f"{api.url}/things?a=%20b")
        assert (reply.status_code, reply.json()) == (200, {"ok": True})
        assert (reply.headers["x-own"], reply.headers["etag"]) == ("1", '"a"')
        assert reply.elapsed.total_seconds() >= 0
        assert [(s.method, s.path) for s in api.seen] == [("GET", "/things?a=%20b")]
    outcome = outcome_of(reply)
    assert (outcome.kind, outcome.requests, outcome.steps) == (OutcomeKind.DELIVERED, 1, ())
    assert (outcome.effect, outcome.episode, outcome.body) == ("none", None, "kept")


def test_an_undeclared_api_is_told_nothing_of_us(ask: Ask) -> None:
    with Api([Said()]) as api:
        ask("POST", f"{api.url}/things", json={"a": 1}, headers={"X-Correlation-ID": "mine/1"})
        seen = api.seen[0]
    assert seen.headers["x-correlation-id"] == "mine/1"
    assert "healer-call" not in seen.headers
    assert "idempotency-key" not in seen.headers
    assert seen.json == {"a": 1}


def test_a_read_is_sent_again_after_a_server_error(ask: Ask) -> None:
    with Api([Said(500), Said(503), Said(200, {"at": "last"})]) as api:
        reply = ask("GET", f"{api.url}/things")
        assert reply.json() == {"at": "last"}
        assert len(api.seen) == 3
    outcome = outcome_of(reply)
    assert (outcome.kind, outcome.requests) == (OutcomeKind.DELIVERED, 3)
    assert [step.action for step in outcome.steps] == ["retry", "retry"]
    assert outcome.episode is not None
    assert outcome.episode.startswith("ep-")


def test_the_servers_own_time_is_waited_for(ask: Ask, around: Callable[..., Any]) -> None:
    time = VirtualTime()
    with Api([Said(429, {}, {"Retry-After": "7"}), Said(200)]) as api:
        reply = ask("GET", f"{api.url}/things", client={"surroundings": around(time)})
    assert reply.status_code == 200
    assert 7 <= time.now() < 30


def test_a_wait_beyond_the_deadline_is_not_shortened(ask: Ask, around: Callable[..., Any]) -> None:
    time = VirtualTime()
    with Api([Said(429, {}, {"Retry-After": "20"}), Said(200)]) as api:
        reply = ask(
            "GET",
            f"{api.url}/things",
            client={"surroundings": around(time)},
            extensions={"healer": {"deadline_s": 5}},
        )
        assert len(api.seen) == 1
    assert (reply.status_code, outcome_of(reply).kind) == (429, OutcomeKind.FAILED)
    assert time.now() < 5


def test_a_write_without_a_key_is_not_sent_again_after_a_lost_reply(ask: Ask) -> None:
    with Api([None, Said(200)]) as api:
        with pytest.raises(httpx2.RemoteProtocolError) as caught:
            ask("POST", f"{api.url}/charges", json={"amount": 15})
        assert len(api.seen) == 1
    outcome = outcome_of(caught.value)
    assert (outcome.kind, outcome.effect) == (OutcomeKind.FAILED, "unknown")
    assert "no key" in outcome.reason


def test_a_read_is_sent_again_after_a_lost_reply(ask: Ask) -> None:
    with Api([None, Said(200, {"ok": 1})]) as api:
        assert ask("GET", f"{api.url}/things").json() == {"ok": 1}
        assert len(api.seen) == 2


def test_a_dead_address_raises_the_librarys_own_exception(ask: Ask) -> None:
    with Api([]) as api:
        url = api.url
    with pytest.raises(httpx2.ConnectError) as caught:
        ask("POST", f"{url}/charges", json={})
    outcome = outcome_of(caught.value)
    assert (outcome.kind, outcome.effect, outcome.requests) == (OutcomeKind.FAILED, "none", 3)


def test_the_last_reply_comes_back_as_it_came_when_nothing_helps(ask: Ask) -> None:
    with Api(lambda seen: Said(503, {"why": "down"}, {"X-Own": "1"})) as api:
        reply = ask("GET", f"{api.url}/things")
    assert (reply.status_code, reply.json(), reply.headers["x-own"]) == (503, {"why": "down"}, "1")
    with pytest.raises(httpx2.HTTPStatusError) as caught:
        reply.raise_for_status()
    assert outcome_of(caught.value).kind is OutcomeKind.FAILED


def test_a_cut_answer_to_a_read_is_asked_for_again(ask: Ask) -> None:
    with Api([Said(200, {"half": 1}, length=500), Said(200, {"whole": 1})]) as api:
        reply = ask("GET", f"{api.url}/things")
        assert reply.json() == {"whole": 1}
        assert len(api.seen) == 2


def test_a_cut_answer_that_stays_is_cut_for_the_caller_too(ask: Ask) -> None:
    with Api(lambda seen: Said(200, {"half": 1}, length=500)) as api:
        with pytest.raises(httpx2.RemoteProtocolError) as caught:
            ask("POST", f"{api.url}/charges", json={})
        assert len(api.seen) == 1
    assert outcome_of(caught.value).kind is OutcomeKind.FAILED


def test_a_request_that_cannot_be_sent_is_nothing_to_heal(ask: Ask) -> None:
    with pytest.raises(httpx2.UnsupportedProtocol):
        ask("GET", "ftp://example.test/things")
