"""A reply is hostile: it makes nothing raise, and nothing slow."""

import gc
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.building import WHEN, attempt, call, destination, endpoint

from battle_healer.diagnosis import diagnose, is_clean
from battle_healer.model import Kind, Reply

CONTRACT = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
MEDIA = ("application/json", "application/problem+json", "text/html", "text/plain",
         "application/xml", "text/event-stream", "application/json; charset=bogus", "")  # fmt: skip
WORDS = ("error", "errors", "detail", "code", "message", "status", "title", "ok", "success", "data",
         "loc", "field", "pointer", "source", "hint", "op", "path", "from", "__type", "items",
         "details", "kind", "reason", "param", "userErrors", "retry_budget", "processed", "type",
         "extensions", "causes", "invalid-params", "response_metadata", "messages",
         "_errors")  # fmt: skip
TEXTS = st.sampled_from(
    ["", "missing", "not_found", "body", "/a/b", "a[0].b", "Did you mean \"x\"?", "Failure",
     "Status", "type.googleapis.com/google.rpc.BadRequest", "RATE_LIMITED", "x#y", "1h", "\x00"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 600) | st.floats() | TEXTS | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=15,
)
STATUSES = st.sampled_from([200, 201, 204, 301, 304, 400, 401, 403, 404, 409, 422, 429, 500, 503])
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["WWW-Authenticate", "X-Degradation", "Location", "Retry-After", "Link",
                         "X-Processed", "x-amzn-errortype", "Warning"]),
        st.sampled_from(["", "stale", 'Bearer error="', "110", "no"]) | st.text(max_size=20),
    ),
    max_size=3,
)  # fmt: skip


REPLIES = st.builds(
    lambda status, media, headers, body, truncated: Reply(
        status, (("Content-Type", media), *headers), body, truncated=truncated
    ),
    STATUSES,
    st.sampled_from(MEDIA),
    HEADERS,
    JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60),
    st.booleans(),
)
SENT = JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=20)


@given(REPLIES, SENT, st.booleans(), st.sampled_from([None, CONTRACT]))
def test_no_reply_makes_it_raise_and_the_cheap_question_agrees(
    reply: Reply, sent: bytes, trusted: bool, contract: Any
) -> None:
    at = destination(says_processed=trusted, fallback=endpoint(response_schema=contract))
    asked = attempt(call("POST", at=at, body=sent), body=sent)
    found = diagnose(asked, reply, WHEN)
    assert is_clean(asked, reply) is (found.kind is Kind.OK)
    assert found.kind is not Kind.OK or reply.status < 400
    assert not found.soft or reply.status < 400


MEBIBYTE = 1_048_576
EVIL = {
    "brackets": b"[" * MEBIBYTE,
    "one long message": b'{"error":"' + b"a " * (MEBIBYTE // 2 - 10) + b'"}',
    "tags": b"<a" * (MEBIBYTE // 2),
    "many errors": json.dumps(
        {"errors": [{"field": "x", "message": "must be 'a' at 'b'"}] * 20_000}
    ).encode(),
    "quotes": json.dumps({"detail": "'a' " * 250_000}).encode(),
    "waits": b"retry after " * (MEBIBYTE // 12),
    "wide": json.dumps({"errors": {str(n): ["no"] for n in range(60_000)}}).encode(),
    "words of credentials": b'{"message":"' + b"token " * 170_000 + b'"}',
    "events": b"data: {}\n" * 110_000,
    "dots": b"param is missing or the value is empty or invalid: " + b"a." * 500_000,
    "a name of many labels": b"xn--" + b"b" * 500_000 + b".a" * 250_000,
    "digits": b'{"retry_after": ' + b"9" * 4_000 + b"}",
    "a huge number": b"1" * 10_000,
}  # fmt: skip


@pytest.fixture
def apart() -> Iterator[None]:
    """Keep the collector from what other tests hold: to look through that is no work of ours."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize("body", EVIL.values(), ids=EVIL.keys())
@pytest.mark.parametrize("status", [200, 400, 401, 422, 500])
def test_a_mebibyte_of_malice_is_bounded_work(body: bytes, status: int) -> None:
    asked = attempt(call("POST", body=body), body=body)
    for media in ("application/json", "text/html", "text/event-stream", "application/xml",
                  "text/plain; charset=punycode", "text/plain; charset=idna"):  # fmt: skip
        reply = Reply(status, (("Content-Type", media), ("WWW-Authenticate", "a=" * 9_000)), body)
        began = time.process_time()
        diagnose(asked, reply, WHEN)
        # The processor's own time: parsing the text once takes a tenth of it.
        assert time.process_time() - began < 1.0
