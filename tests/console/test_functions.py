"""A function that cannot be healed, and the queue's API as its backend: `HEALER_BACKEND_URL`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.agent.clients.conftest import surroundings
from tests.console.conftest import RULES, US, Console

from battle_healer import CallQueued, heal_api_call, outcome_of
from battle_healer.clients.engine import Engine
from battle_healer.drivers.virtual import VirtualTime
from battle_healer.rules import Rules


def failing(method: str, path: str, *, status: int = 503, **how: Any) -> Callable[[], None]:
    """A function whose API answers with a status."""

    def ask() -> None:
        api = httpx2.MockTransport(lambda request: httpx2.Response(status))
        with httpx2.Client(transport=api) as client:
            client.request(method, f"{US}{path}", **how).raise_for_status()

    return ask


def healed(function: Callable[[], None], rules: Rules | None = RULES, **terms: Any) -> None:
    engine = Engine(rules, surroundings=surroundings(VirtualTime()))
    heal_api_call(endpoint="pay.charge", engine=engine, **terms)(function)()


@pytest.fixture
def backend(console: Console, monkeypatch: pytest.MonkeyPatch) -> Console:
    monkeypatch.setenv("HEALER_BACKEND_URL", console.url)
    return console


BODIES = [
    b'{"amount": 15}',
    b'{"amount":10.10}',
    b'{"amount":12345678901234567890.5}',
    b'"a text"',
    b"null",
    b'{"a":1,"a":2}',
    b"a=1&b=2",
    '{"name": "Zoë"}'.encode(),
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.decode())
def test_the_entry_is_the_request_that_failed(backend: Console, body: bytes) -> None:
    headers = {
        "Idempotency-Key": "k-1",
        "Authorization": "Bearer tok-mine",
        "X-Correlation-ID": "order-17",
        "X-Shop": "7",
        "Content-Type": "application/x-own",
    }
    with pytest.raises(CallQueued) as caught:
        healed(failing("POST", "/charges?x=1", content=body, headers=headers))
    story = backend.queue.story(caught.value.id)
    entry, payload = story.entry, story.payloads[0]
    assert (entry.state, entry.safe, entry.destination) == ("queued", True, "pay")
    assert (entry.correlation_id, entry.key) == ("order-17", "k-1")
    assert (payload.method, payload.url) == ("POST", f"{US}/charges?x=1")
    assert (payload.body, payload.region) == (body, "us")
    kept = {name.lower(): value for name, value in payload.headers}
    assert (kept["x-shop"], kept["content-type"]) == ("7", "application/x-own")
    assert "tok-mine" not in repr(story)


def test_the_entry_is_found_over_http_under_its_id(backend: Console) -> None:
    with pytest.raises(CallQueued) as caught:
        healed(failing("PUT", "/things/1", json={"a": 1}))
    found = backend.call("GET", f"/queue-failed/{caught.value.id}")
    assert found.status_code == 200
    assert f'"{caught.value.id}"' in found.text


def test_a_write_that_nobody_processed_is_queued_without_a_key(backend: Console) -> None:
    with pytest.raises(CallQueued) as caught:
        healed(failing("POST", "/refunds", status=429, json={"a": 1}))
    assert backend.queue.story(caught.value.id).entry.state == "queued"


def test_what_the_backend_will_not_send_by_itself_is_told_as_a_failure(backend: Console) -> None:
    """The program says that the call may be repeated; the backend's policy does not."""
    with pytest.raises(httpx2.HTTPStatusError) as caught:
        healed(failing("POST", "/refunds", status=500, json={"a": 1}), idempotent=True)
    reason = outcome_of(caught.value).reason
    (entry,) = list(backend.queue.entries())
    assert (entry.state, entry.safe) == ("dead", False)
    assert entry.id in reason


def test_what_the_backends_policy_does_not_declare_is_told_as_a_failure(backend: Console) -> None:
    def ask() -> None:
        api = httpx2.MockTransport(lambda request: httpx2.Response(503))
        with httpx2.Client(transport=api) as client:
            client.get("https://elsewhere.example/").raise_for_status()

    with pytest.raises(httpx2.HTTPStatusError) as caught:
        healed(ask)
    outcome = outcome_of(caught.value)
    assert outcome.kind == "failed"
    assert "status 422" in outcome.reason
    assert list(backend.queue.entries()) == []
