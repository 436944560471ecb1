"""`GET /queue-failed` and one entry's story: filters, pages, and what is not there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from tests.console.conftest import US, Console

from battle_healer.ids import Ids


def listed(console: Console, query: str) -> list[str]:
    reply = console.call("GET", f"/queue-failed?{query}")
    assert reply.status_code == 200, reply.text
    return [entry["id"] for entry in reply.json()["entries"]]


def test_a_list_has_pages_and_the_last_says_so(either: Console) -> None:
    names = [either.entry(method="PUT") for _ in range(5)]
    cursor: Any = ""
    pages = []
    while cursor is not None:
        page = either.call("GET", f"/queue-failed?limit=2&cursor={cursor}").json()
        pages.append([entry["id"] for entry in page["entries"]])
        cursor = page["next"]
    assert pages == [names[:2], names[2:4], names[4:]]


def test_a_page_that_is_just_full_is_the_last(console: Console) -> None:
    for _ in range(2):
        console.entry(method="PUT")
    assert console.call("GET", "/queue-failed?limit=2").json()["next"] is None


def test_a_list_has_what_its_filters_want(either: Console) -> None:
    doubtful = either.entry(tenant="acme", correlation_id="order-1")
    refused = either.dead()
    other = either.entry(method="PUT", url="https://frank.example/x")
    kept_ms = either.queue.story(other).entry.created_ms
    later = quote(datetime.fromtimestamp(kept_ms / 1000 + 1, UTC).isoformat())
    for query, wanted in (
        ("", [doubtful, refused, other]),
        ("state=dead", [doubtful, refused]),
        ("state=dead&reason=ambiguous", [doubtful]),
        ("reason=refused", [refused]),
        ("tenant=acme", [doubtful]),
        ("queue=default", [other]),
        ("destination=frank", [other]),
        ("correlation_id=order-1", [doubtful]),
        (f"since={later}", []),
        (f"until={later}", [doubtful, refused, other]),
        ("state=dead&tenant=nobody", []),
    ):
        assert listed(either, query) == wanted, query


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("state=lost", "query: state"),
        ("reason=bad", "query: reason"),
        ("limit=0", "query: limit"),
        ("limit=501", "query: limit"),
        ("since=yesterday", "query: since"),
        ("since=2030-01-01T00:00:00", "query: since"),
        ("tenant=", "query: tenant"),
    ],
)
def test_a_filter_that_cannot_be_meant_is_named(console: Console, query: str, pointer: str) -> None:
    reply = console.call("GET", f"/queue-failed?{query}")
    assert (reply.status_code, reply.headers["Content-Type"]) == (422, "application/problem+json")
    assert [error["pointer"] for error in reply.json()["errors"]] == [pointer]


@pytest.mark.parametrize("path", ["?cursor=%00", "?tenant=%00", "?correlation_id=%00", "/%00"])
def test_a_nul_in_a_name_is_refused_on_either_database(either: Console, path: str) -> None:
    assert either.call("GET", f"/queue-failed{path}").status_code == 422


def test_a_story_tells_revisions_attempts_and_decisions(either: Console) -> None:
    name = either.dead(body={"amount": 15})
    either.call("POST", f"/queue-failed/{name}/cancel", {"by": "ada", "why": "not wanted"})
    story: dict[str, Any] = either.call("GET", f"/queue-failed/{name}").json()
    assert (story["id"], story["state"]) == (name, "cancelled")
    assert [p["body"] for p in story["payloads"]] == ['{"amount": 15}']
    assert story["payloads"][0]["url"] == f"{US}/charges"
    assert [(a["fence"], a["status"]) for a in story["attempts"]] == [(1, 422)]
    assert [(a["what"], a["who"], a["why"]) for a in story["actions"]] == [
        ("cancel", "ada", "not wanted")
    ]


UNKNOWN = "/queue-failed/" + Ids(lambda: datetime.now(UTC), lambda n: 7).new_id("entry")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("POST", "/replay", None),
        ("POST", "/cancel", None),
        ("POST", "/settle", None),
        ("PUT", "/body", {"body": {}}),
    ],
)
def test_an_entry_that_is_not_there_is_a_404(
    either: Console, method: str, path: str, body: Any
) -> None:
    for entry in (UNKNOWN, "/queue-failed/%F0%9F%92%A5"):
        reply = either.call(method, f"{entry}{path}", body)
        problem = reply.json()
        assert (reply.status_code, problem["type"][-13:]) == (404, "unknown-entry")
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert "no such entry" in problem["detail"]


def test_a_path_or_method_that_is_not_there_is_a_problem_too(console: Console) -> None:
    for method, path, status in (
        ("GET", "/queue-fialed", 404),
        ("DELETE", "/queue-status", 405),
        ("GET", "/queue-failed/", 404),
    ):
        reply = console.call(method, path)
        assert (reply.status_code, reply.json()["status"]) == (status, status)
        assert reply.headers["Content-Type"] == "application/problem+json"
    assert "Did you mean '/queue-failed'" in console.call("GET", "/queue-fialed").json()["detail"]
