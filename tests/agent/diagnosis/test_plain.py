"""The quick look at a reply: whatever it lets pass, the full look finds good as well."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.building import WHEN, attempt, call, destination

from battle_healer.diagnosis import diagnose, is_plain_body, is_plain_head
from battle_healer.model import Kind, Reply

LIMIT = 1_000
JSON_LINE = (b"Content-Type", b"application/json")

NAMES = st.sampled_from(
    ["ok", "success", "Success", "isSuccess", "succeeded", "error", "Error", "errors", "code",
     "errcode", "errorCode", "status", "statusCode", "Status", "result", "__type", "data", "fault",
     "message", "msg", "detail", "title", "type", "id", "items", "processed", "userErrors",
     "retryAfter", "faultstring", "warning", "degraded", "stale"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["", "ok", "error", "failed", "none", "429", "503", "rate_limited", "quota exceeded",
     "ServiceUnavailableException", "Fault", "<html>", "not found"]
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers(0, 600) | WORDS
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
BODIES = (
    VALUES.map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=20)
    | st.sampled_from([b"", b"{", b"{}{}", b"\xef\xbb\xbf{}", b"NaN", b'{"a":1,"a":2}', b"[" * 9])
)
LINES = st.lists(
    st.tuples(
        st.sampled_from(
            [b"content-type", b"Content-Type", b"content-length", b"Content-Encoding", b"warning",
             b"x-processed", b"X-Degradation", b"healer-outcome", b"retry-after", b"location",
             b"x-error", b"x-ratelimit-remaining"]
        ),
        st.sampled_from(
            [b"application/json", b"application/json; charset=utf-8", b"text/html", b"gzip", b"12",
             b"false", b"no", b'110 - "stale"', b"mocked", b"60", b"0"]
        ),
    ),
    max_size=3,
)  # fmt: skip


def is_plain(status: int, lines: list[tuple[bytes, bytes]], body: bytes) -> bool:
    return is_plain_head(status, lines, LIMIT) and is_plain_body(body, None)


def means(
    status: int, lines: list[tuple[bytes, bytes]], body: bytes, method: str, accept: str
) -> Kind:
    at = destination(says_processed=True)
    asked = attempt(call(method, at=at, headers=(("Accept", accept),)))
    told = tuple((name.decode(), value.decode()) for name, value in lines)
    return diagnose(asked, Reply(status, told, body), WHEN).kind


METHODS = st.sampled_from(["GET", "POST", "DELETE"])
ACCEPTS = st.sampled_from(["*/*", "application/json", "text/csv"])


@settings(max_examples=500)
@given(body=BODIES, method=METHODS, accept=ACCEPTS)
def test_a_plainly_good_body_is_found_good(body: bytes, method: str, accept: str) -> None:
    if is_plain_body(body, None):
        assert means(200, [JSON_LINE], body, method, accept) is Kind.OK


@settings(max_examples=200)
@given(
    status=st.sampled_from([200, 201, 202, 203, 204, 206, 299, 301, 404, 503]),
    lines=LINES,
    method=METHODS,
    accept=ACCEPTS,
)
def test_a_plainly_good_head_is_found_good(
    status: int, lines: list[tuple[bytes, bytes]], method: str, accept: str
) -> None:
    lines = [JSON_LINE, *lines]
    if is_plain_head(status, lines, LIMIT):
        assert means(status, lines, b"{}", method, accept) is Kind.OK


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"id": "ch-1", "amount": 5},
        [],
        [{"id": 1}],
        None,
        5,
        "text",
        {"charge": {"error": None}},
    ],
)
def test_a_usual_answer_is_plainly_good(value: Any) -> None:
    body = json.dumps(value).encode()
    lines = [JSON_LINE, (b"Content-Length", str(len(body)).encode())]
    assert is_plain(200, lines, body)


@pytest.mark.parametrize(
    "length",
    [b"-1", b"", b" 5", b"5 ", b"+5", b"5,5", b"0x5", b"\xb2", b"1e3", b"1001", b"9" * 999],
)
def test_a_length_that_says_nothing_usable_is_not_plain(length: bytes) -> None:
    assert not is_plain_head(200, [JSON_LINE, (b"content-length", length)], LIMIT)


@pytest.mark.parametrize(
    "line",
    [(b"Content-Encoding", b"gzip"), (b"Warning", b'110 - "x"'), (b"X-Degradation", b"mocked"),
     (b"Healer-Outcome", b"degraded"), (b"X-Processed", b"false")],
)  # fmt: skip
def test_a_line_that_may_change_the_meaning_is_not_plain(line: tuple[bytes, bytes]) -> None:
    assert not is_plain_head(200, [JSON_LINE, line], LIMIT)
