"""Substitutes, decided without I/O; every one says what it is."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.support.building import EU, US, FixedClock, call, destination, endpoint

from battle_healer.commands import Denied, Substitute
from battle_healer.fallbacks import Fallbacks
from battle_healer.model import Call, Grant, Lost, Reply
from battle_healer.posts import Post
from battle_healer.rules import Degrade
from battle_healer.secret import Secret

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
OK = Reply(200, (("Content-Type", "application/json"), ("Set-Cookie", "s=1")), b'{"n": 1}')


def calling(degrade: Degrade | None, method: str = "GET", **changes: Any) -> Call:
    where = endpoint(match="* /charges", degrade=degrade, response_schema=SCHEMA)
    return call(method, at=destination(endpoints=(where,)), **changes)


STALE = Degrade(("stale",))


def store(clock: FixedClock | None = None, ttl_s: float = 300) -> Fallbacks:
    return Fallbacks(clock or FixedClock(), ttl_s)


def substitute(
    fallbacks: Fallbacks, of: Call, tier: str, *answers: Any
) -> tuple[Reply | Denied, list[Post]]:
    """Ask for one tier; the answers are those of whoever is posted to."""
    posts: list[Post] = []
    steps = fallbacks.substitute(Substitute(of, US, tier, "unavailable"))
    try:
        post = next(steps)
        for answer in answers:
            posts.append(post)
            post = steps.send(answer)
    except StopIteration as end:
        return end.value, posts
    raise AssertionError("more was posted than answered")


def test_a_stale_answer_is_labelled_and_tells_its_age() -> None:
    clock = FixedClock()
    fallbacks, it = store(clock), calling(STALE)
    fallbacks.remember(it, OK)
    clock.time += 42.9
    assert fallbacks.has_stale(it)
    reply, _ = substitute(fallbacks, it, "stale")
    assert isinstance(reply, Reply)
    assert (reply.status, reply.body) == (200, b'{"n": 1}')
    assert reply.header("healer-outcome") == "degraded"
    assert reply.header("healer-degradation") == "stale"
    assert reply.header("age") == "42"
    assert reply.header("set-cookie") is None


def test_an_answer_that_is_too_old_is_gone() -> None:
    clock = FixedClock()
    fallbacks, it = store(clock), calling(STALE)
    fallbacks.remember(it, OK)
    clock.time += 300.1
    assert not fallbacks.has_stale(it)
    assert isinstance(substitute(fallbacks, it, "stale")[0], Denied)


@pytest.mark.parametrize(
    ("it", "reply"),
    [
        (calling(None), OK),
        (calling(Degrade(("example",), example={})), OK),
        (calling(STALE, "POST"), OK),
        (calling(STALE), replace(OK, status=201)),
        (calling(STALE), replace(OK, body=None)),
        (calling(STALE), replace(OK, truncated=True)),
    ],
    ids=["not declared", "another tier", "a write", "another status", "passed", "cut"],
)
def test_what_may_not_be_kept_is_not(it: Call, reply: Reply) -> None:
    fallbacks = store()
    fallbacks.remember(it, reply)
    assert not fallbacks.has_stale(it)


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/charges?page=2"},
        {"own": Grant(None, Secret("theirs"))},
        {"headers": (("Cookie", Secret("s=2")),)},
        {"headers": (("Accept-Language", "de"),)},
        {"tenant": "other"},
    ],
    ids=["address", "token", "cookie", "language", "tenant"],
)
def test_an_answer_is_never_given_to_another_question_or_caller(other: dict[str, Any]) -> None:
    fallbacks = store()
    fallbacks.remember(calling(STALE), OK)
    assert fallbacks.has_stale(calling(STALE))
    assert not fallbacks.has_stale(calling(STALE, **other))


def test_the_oldest_answers_go_when_the_cache_is_full() -> None:
    fallbacks = store()
    big = replace(OK, body=b" " * 1_000_000)
    for n in range(20):
        fallbacks.remember(calling(STALE, path=f"/charges?n={n}"), big)
    kept = [n for n in range(20) if fallbacks.has_stale(calling(STALE, path=f"/charges?n={n}"))]
    assert kept == list(range(4, 20))


@pytest.mark.parametrize(
    ("degrade", "tier", "body"),
    [
        (Degrade(("file",), file=b'{"n": 2}'), "file", {"n": 2}),
        (Degrade(("example",), example={"n": 3}), "example", {"n": 3}),
        (Degrade(("schema",)), "schema", {"n": 0}),
    ],
    ids=["file", "example", "schema"],
)
def test_a_mock_is_labelled(degrade: Degrade, tier: str, body: Any) -> None:
    reply, _ = substitute(store(), calling(degrade), tier)
    assert isinstance(reply, Reply)
    assert json.loads(reply.body or b"") == body
    assert reply.header("content-type") == "application/json"
    assert reply.header("healer-degradation") == "mocked"


def test_a_mock_may_be_fetched_and_is_labelled_whatever_it_says() -> None:
    it = calling(Degrade(("post",), post="/mock-response", example={"n": 3}))
    answer = Reply(200, (), b'{"mock": {"n": 9}, "degradation": "none", "source": "example"}')
    reply, posts = substitute(store(), it, "post", answer)
    assert isinstance(reply, Reply)
    assert (reply.body, reply.header("healer-degradation")) == (b'{"n": 9}', "mocked")
    assert posts[0].url == f"{US.url}/mock-response"
    asked = {"reason": "unavailable", "schema_hint": SCHEMA, "example_response": {"n": 3}}
    assert json.loads(posts[0].body) == asked


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Lost("connect"), "no answer"),
        (Reply(200, (), b"<html>"), "not JSON"),
        (Reply(200, (), b"{}"), "without a member `mock`"),
        (Reply(503, (), b""), "answered 503"),
    ],
    ids=["lost", "html", "empty", "down"],
)
def test_a_mock_that_cannot_be_fetched_is_denied(answer: Any, why: str) -> None:
    denied, _ = substitute(store(), calling(Degrade(("post",), post="/m")), "post", answer)
    assert isinstance(denied, Denied)
    assert why in denied.why


def test_i2_a_mock_is_asked_for_at_declared_addresses_only() -> None:
    it = calling(Degrade(("post",), post="https://evil.example/m"))
    denied, posts = substitute(store(), it, "post")
    assert isinstance(denied, Denied)
    assert posts == []
    assert EU in it.destination.regions


def test_an_undeclared_tier_has_nothing() -> None:
    assert isinstance(substitute(store(), calling(None), "example")[0], Denied)
    assert isinstance(substitute(store(), calling(Degrade(("file",))), "file")[0], Denied)
