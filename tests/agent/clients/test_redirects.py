"""A redirect that nobody follows is an answer like any other, where it keeps what was promised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.support.serving import Api, Said

from battle_healer import Outcome, outcome_of
from battle_healer.rules import Destination, Endpoint, Region, Rules

Ask = Callable[..., httpx2.Response]
CODES = [301, 302, 303, 307, 308]


def moved(status: int, body: Any = b"", **headers: str) -> Said:
    return Said(status, body, {"Location": "https://elsewhere.example/x"} | headers)


def asked(
    ask: Ask, method: str, said: Said, endpoint: Endpoint | None = None
) -> tuple[httpx2.Response, Outcome]:
    """The reply and its outcome; the API has seen one request."""
    with Api(lambda seen: said) as api:
        endpoints = (endpoint,) if endpoint else ()
        where = Destination(
            "pay", (Region("us", api.url),), endpoints=endpoints, says_processed=True
        )
        reply = ask(method, "pay:/charges", client={"policy": Rules((where,))})
        assert len(api.seen) == 1
        return reply, outcome_of(reply)


@pytest.mark.parametrize("status", CODES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_read_is_delivered_with_the_redirect_as_it_came(
    ask: Ask, method: str, status: int
) -> None:
    body = b"<html>Moved</html>"
    reply, outcome = asked(ask, method, moved(status, body, **{"Content-Type": "text/html"}))
    assert (outcome.kind, outcome.effect, outcome.requests) == ("delivered", "none", 1)
    assert outcome.verified is None
    assert (reply.status_code, reply.headers["Location"]) == (status, "https://elsewhere.example/x")
    assert reply.content == (body if method == "GET" else b"")


@pytest.mark.parametrize(
    ("status", "effect"),
    [(301, "none"), (302, "unknown"), (303, "unknown"), (307, "none"), (308, "none")],
)
def test_a_write_that_may_not_have_been_made_is_not_called_delivered(
    ask: Ask, status: int, effect: str
) -> None:
    reply, outcome = asked(ask, "POST", moved(status))
    assert (outcome.kind, outcome.effect) == ("failed", effect)
    assert reply.status_code == status


def test_a_write_is_delivered_where_the_api_says_that_it_was_made(ask: Ask) -> None:
    reply, outcome = asked(ask, "POST", moved(303, **{"X-Processed": "yes"}))
    assert (outcome.kind, outcome.effect) == ("delivered", "once")
    assert reply.status_code == 303


def test_under_a_contract_a_redirect_is_not_what_was_agreed(ask: Ask) -> None:
    agreed = Endpoint("charges", "GET /charges", response_schema={"type": "object"})
    _, outcome = asked(ask, "GET", moved(302), agreed)
    assert outcome.kind == "failed"
