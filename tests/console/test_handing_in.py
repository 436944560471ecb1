"""`POST /queue-failed`: what is kept, what is refused, and when 202 is said."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.console.conftest import EU, INSIDE, US, Console

from battle_healer_replay import Queue
from battle_healer_replay.entry import RULE
from battle_healer_replay.errors import FullError
from battle_healer_replay.sqlite.engine import SqliteEngine, SqliteSession

KEYED = {"idempotency_key": "k1"}
REFUND = {"url": f"{US}/refunds"}


def test_what_is_handed_in_is_kept_as_it_will_be_sent(either: Console) -> None:
    reply = either.hand_in(
        correlation_id="order-17",
        headers={"X-Shop": "7", "Host": "pay.example", "Content-Length": "99"},
        error_type="unavailable",
        error_message="try later\x1b[31m",
        retry_count=0,
        tenant="acme",
        priority="high",
        **KEYED,
    )
    assert reply.status_code == 202
    told = reply.json()
    assert (told["status"], told["state"], told["is_new"]) == ("queued", "queued", True)
    assert reply.headers["Location"] == f"/queue-failed/{told['id']}"
    story = either.queue.story(told["id"])
    entry, payload = story.entry, story.payloads[0]
    assert (entry.state, entry.safe, entry.queue) == ("queued", True, "charges")
    assert (entry.tenant, entry.destination, entry.priority) == ("acme", "pay", "high")
    assert (entry.correlation_id, entry.key) == ("order-17", "k1")
    assert (payload.method, payload.url, payload.region) == ("POST", f"{US}/charges", "us")
    assert dict(payload.headers) == {
        "X-Shop": "7",
        "Idempotency-Key": "k1",
        "Content-Type": "application/json",
    }
    assert json.loads(payload.body or b"") == {"amount": 15}
    assert payload.policy == "healer.yaml"
    assert payload.error.startswith("unavailable status 503: try later\\x1b[31m (endpoint charge")


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"error_status": 500} | KEYED, "queued"),
        ({"error_status": 500, "method": "PUT"}, "queued"),
        ({"error_status": 500, "method": "delete"}, "queued"),
        ({"error_status": 429}, "queued"),
        ({"error_status": 422}, "queued"),
        ({"error_status": None, "error_type": "connect_failed"}, "queued"),
        ({"error_status": None, "error_type": "ConnectTimeout"}, "queued"),
        ({"error_status": 500, "processed": "no"}, "queued"),
        ({"error_status": 500}, "dead"),
        ({"error_status": 503}, "dead"),
        ({"error_status": 200}, "dead"),
        ({"error_status": None, "error_type": "ReadTimeout"}, "dead"),
        ({"error_status": None}, "dead"),
        ({"error_status": 429, "processed": "maybe"}, "dead"),
        ({"error_status": 500, "processed": "yes"}, "dead"),
        # The error is that of the last send.
        ({"error_status": 429, "retry_count": 2}, "dead"),
        ({"error_status": 429, "retry_count": 2, "processed": "no"}, "queued"),
        # A key that nobody is declared to honour protects nothing.
        ({"error_status": 500} | KEYED | REFUND, "dead"),
        ({"error_status": 429} | KEYED | REFUND, "queued"),
        # What a reply says of itself counts where the policy says that it may.
        ({"error_status": 500, "processed": False}, "dead"),
        ({"error_status": 500, "processed": False, "url": "https://frank.example/x"}, "queued"),
        ({"error_status": 429, "processed": True, "url": "https://frank.example/x"}, "dead"),
    ],
    ids=str,
)
def test_i1_a_write_in_doubt_without_an_honoured_key_waits_for_a_person(
    console: Console, changes: dict[str, Any], state: str
) -> None:
    reply = console.hand_in(**changes)
    assert (reply.status_code, reply.json()["status"]) == (202, "queued")
    told = reply.json()
    assert told["state"] == state
    entry = console.queue.story(told["id"]).entry
    assert (entry.state, entry.needs_decision) == (state, state == "dead")
    assert ("until somebody decides" in told["note"]) == (state == "dead")


def test_i2_credentials_are_dropped_and_the_answer_says_so(
    console: Console, tmp_path: Path
) -> None:
    headers = {
        "Authorization": "Bearer hush-1",
        "cookie": "hush-2",
        "X-Api-Key": "hush-3",
        "x-pay-token": "hush-4",
        "X-Shop": "7",
    }
    told = console.hand_in(headers=headers, **KEYED).json()
    assert told["dropped_headers"] == ["Authorization", "cookie", "X-Api-Key", "x-pay-token"]
    assert "Authorization, cookie, X-Api-Key, x-pay-token was dropped" in told["note"]
    assert "only if both belong to one account" in told["note"]
    kept = dict(console.queue.story(told["id"]).payloads[0].headers)
    assert sorted(kept) == ["Content-Type", "Idempotency-Key", "X-Shop"]
    assert b"hush" not in b"".join(file.read_bytes() for file in tmp_path.glob("queue.db*"))


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.7/charges",
        "http://10.0.0.8:8080/charges",
        "http://127.0.0.1:5432/",
        "http://localhost/",
        "http://[::1]/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://2130706433/",
        "http://192.168.0.1/",
        "http://pay.example/charges",
        "https://pay.example:444/charges",
        "https://pay.example.evil.example/charges",
        "https://pay.example@evil.example/charges",
        "https://evil.example/https://pay.example/charges",
        "https://evil.example\\@pay.example/charges",
        "https://eu.pay.example/charges",
        "https://eu.pay.example/v1/../charges",
        "https://eu.pay.example/v1/%2e%2e/charges",
        "file:///etc/passwd",
        "//pay.example/charges",
        "/charges",
        "https://",
        "https://pay.example:port/",
        "https://pay.example/\x00",
        "",
    ],
    ids=repr,
)
def test_a_url_in_no_declared_destination_is_refused(console: Console, url: str) -> None:
    reply = console.hand_in(url=url, **KEYED)
    assert reply.status_code == 422, reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert console.queue.stats().counts["queued"] == 0


def test_an_address_within_is_fine_where_the_policy_lists_it(console: Console) -> None:
    entry = console.entry(url=f"{INSIDE}/charges", method="PUT")
    assert console.queue.story(entry).entry.destination == "inside"


def test_a_url_is_kept_in_the_form_in_which_it_was_compared(console: Console) -> None:
    entry = console.entry(url="HTTPS://EU.pay.example:443/v1/a/../charges?x=1#part", **KEYED)
    payload = console.queue.story(entry).payloads[0]
    assert (payload.url, payload.region) == (f"{EU}/charges?x=1", "eu")


@pytest.mark.parametrize("secret", ["https://u:p@pay.example/x", f"{US}/charges?api_key=hush"])
def test_i2_a_secret_in_the_url_is_refused_and_not_shown(console: Console, secret: str) -> None:
    reply = console.hand_in(url=secret, **KEYED)
    assert reply.status_code == 422
    assert "hush" not in reply.text
    assert "u:p" not in reply.text


def test_the_same_request_twice_is_one_entry(either: Console) -> None:
    handed = either.handed(request_id="r1", method="PUT")
    first, second = (either.call("POST", "/queue-failed", handed).json() for _ in range(2))
    assert (second["id"], second["is_new"]) == (first["id"], False)
    assert "handed in before, and is queued" in second["note"]
    keyed = [either.hand_in(**KEYED).json() for _ in range(2)]
    assert keyed[0]["id"] == keyed[1]["id"]
    other = either.hand_in(request_id="r1", method="PUT", body={"amount": 16})
    assert (other.status_code, other.json()["type"][-10:]) == (409, "key-reused")
    # A request's id is no key: one must not stand for the other.
    assert either.hand_in(request_id="k1", method="PUT").json()["is_new"]


def test_what_is_too_large_is_refused_by_its_size(console: Console) -> None:
    exact = console.hand_in(body="x" * RULE.body_bytes, method="PUT")
    assert exact.status_code == 202
    for size in (RULE.body_bytes + 1, 9 * RULE.body_bytes):
        reply = console.hand_in(body="x" * size, method="PUT")
        assert (reply.status_code, reply.json()["type"][-9:]) == (413, "too-large")
    escaped = console.hand_in(body="\x01" * RULE.body_bytes, method="PUT")
    assert escaped.status_code == 202, "six times as long in JSON"


def test_a_request_that_is_sent_in_pieces_is_bounded_too(console: Console) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"body": "'
        for _ in range(9):
            yield b"x" * RULE.body_bytes

    kind = {"Content-Type": "application/json"}
    reply = console.call("POST", "/queue-failed", content=endless(), headers=kind)
    assert reply.status_code == 413


@pytest.mark.parametrize(
    ("changes", "wait_s"),
    [
        ({"due_at": "2001-01-01T00:00:00Z"}, 0),
        ({"due_at": "1900-01-01T00:00:00Z"}, 0),
        ({}, 0),
    ],
    ids=str,
)
def test_a_due_time_in_the_past_is_now(
    console: Console, changes: dict[str, Any], wait_s: int
) -> None:
    entry = console.queue.story(console.entry(method="PUT", **changes)).entry
    assert entry.due_ms - entry.created_ms == wait_s


def test_a_due_time_and_an_expiry_are_kept(console: Console) -> None:
    due, expires = "2030-01-01T00:00:00Z", "2030-01-02T02:00:00+02:00"
    entry = console.queue.story(console.entry(method="PUT", due_at=due, expires_at=expires)).entry
    assert abs(entry.due_ms - 1_893_456_000_000) < 1000
    assert abs((entry.expires_ms or 0) - 1_893_542_400_000) < 1000


@pytest.mark.parametrize(
    ("changes", "status", "pointer", "detail"),
    [
        ({"url": None}, 422, "/url", "Field required"),
        ({"request_id": ""}, 422, "/request_id", "at least 1 character"),
        ({"method": "GET / HTTP/1.1"}, 422, "/method", "should match"),
        ({"headers": {"X-A\r\nB": "1"}}, 422, "/headers/X-A\\r\\nB/[key]", "should match"),
        ({"headers": {"X": "a\r\nEvil: 1"}}, 422, None, "a line end in a header"),
        ({"error_status": 42}, 422, "/error_status", "greater than or equal to 100"),
        ({"due_at": "soon"}, 422, "/due_at", "valid datetime"),
        ({"due_at": "2030-01-01T00:00:00"}, 422, "/due_at", "timezone"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, 422, None, "its expiry has passed"),
        ({"queue": "charge"}, 422, None, "Did you mean 'charges'? Known: charges, default."),
        ({"tenant": "a\nb"}, 422, None, "without a usable name"),
        ({"priority": "urgent"}, 422, "/priority", "'high', 'normal' or 'low'"),
        ({"correlation_id": "a b"}, 422, None, "no correlation id"),
        ({"headers": {"idempotency-key": "k2"}} | KEYED, 422, None, "is not its idempotency_key"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_named(
    console: Console, changes: dict[str, Any], status: int, pointer: str | None, detail: str
) -> None:
    handed = console.handed() | changes
    reply = console.call(
        "POST", "/queue-failed", {n: v for n, v in handed.items() if v is not None}
    )
    problem = reply.json()
    assert (reply.status_code, problem["status"]) == (status, status)
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert detail in problem["detail"]
    if pointer is not None:
        assert pointer in [error["pointer"] for error in problem["errors"]]
    assert sum(console.queue.stats().counts.values()) == 0


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"request_id": "r\x00"}, 422),
        ({"tenant": "a\x00"}, 422),
        ({"queue": "a\x00"}, 422),
        ({"idempotency_key": "k\x00"}, 422),
        ({"headers": {"X-Shop": "7\x00"}}, 422),
        ({"correlation_id": "c\x00"}, 422),
        ({"body": "\x00"}, 202),
        ({"error_message": "\x00"}, 202),
        ({"timestamp": "\x00"}, 202),
    ],
    ids=str,
)
def test_a_nul_is_kept_as_bytes_or_refused_on_either_database(
    either: Console, changes: dict[str, Any], status: int
) -> None:
    assert either.hand_in(**{"method": "PUT"} | changes).status_code == status


def test_a_field_that_is_not_known_loses_no_call(console: Console) -> None:
    told = console.hand_in(method="PUT", idempotancy_key="k", provider="x", region="nowhere").json()
    assert told["unknown_fields"] == ["idempotancy_key"]
    assert "not known, and not kept: idempotancy_key" in told["note"]
    assert console.queue.story(told["id"]).payloads[0].region == "us"


def test_i8_202_is_said_after_the_commit_and_not_before(
    over: Callable[[Queue], Any], tmp_path: Path
) -> None:
    may_commit = threading.Event()
    may_commit.set()

    class Halting(SqliteEngine):
        @contextmanager
        def transaction(self) -> Iterator[SqliteSession]:
            with super().transaction() as session:
                yield session
                assert may_commit.wait(20)

    with Queue(Halting(tmp_path / "queue.db")) as queue, over(queue) as console:
        may_commit.clear()
        with ThreadPoolExecutor(1) as other:
            answer = other.submit(console.hand_in, method="PUT")
            # What is asked meanwhile is answered: the commit does not hold the event loop.
            assert console.call("GET", "/queue-status").json()["queued"] == 0
            assert not answer.done()
            may_commit.set()
            assert answer.result(20).status_code == 202
        assert console.call("GET", "/queue-status").json()["queued"] == 1


def test_i8_a_queue_that_cannot_keep_it_says_so_and_when_to_come_again(
    over: Callable[[Queue], Any], tmp_path: Path
) -> None:
    is_full = threading.Event()

    class Full(SqliteEngine):
        @contextmanager
        def transaction(self) -> Iterator[SqliteSession]:
            with super().transaction() as session:
                yield session
                if is_full.is_set():
                    raise FullError("the disk is full", self.name, "Make room.")

    with Queue(Full(tmp_path / "queue.db")) as queue, over(queue) as console:
        is_full.set()
        reply = console.hand_in(method="PUT")
        assert (reply.status_code, reply.headers["Retry-After"]) == (503, "2")
        assert "the disk is full" in reply.json()["detail"]
        assert sum(queue.stats().counts.values()) == 0
        is_full.clear()
        assert console.hand_in(method="PUT").status_code == 202
