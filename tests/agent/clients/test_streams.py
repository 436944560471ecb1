"""Long and foreign bodies pass untouched, in both directions."""

import asyncio
import gzip
import hashlib
import json
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import httpx2
import pytest
from tests.support.serving import Api, Said, Seen

from battle_healer import AsyncHealingClient, HealingClient, outcome_of
from battle_healer.clients.bodies import Reading
from battle_healer.clients.library import library_of
from battle_healer.model import OutcomeKind
from battle_healer.rules import Bounds, Destination, Endpoint, Region, Rules

LONG = bytes(range(256)) * 8192  # 2 MiB, above the bound
Ask = Callable[..., httpx2.Response]


def digest_of(seen: Seen) -> Said:
    return Said(200, {"sha": hashlib.sha256(seen.body).hexdigest(), "bytes": len(seen.body)})


def told(body: bytes) -> dict[str, Any]:
    return {"sha": hashlib.sha256(body).hexdigest(), "bytes": len(body)}


def pieces(body: bytes = LONG) -> Iterator[bytes]:
    for at in range(0, len(body), 65_521):
        yield body[at : at + 65_521]


async def async_pieces(body: bytes = LONG) -> AsyncIterator[bytes]:
    for piece in pieces(body):
        yield piece


@pytest.mark.parametrize("body", [LONG, LONG[:1000]], ids=["above the bound", "below it"])
def test_an_upload_arrives_whole_from_a_generator(body: bytes) -> None:
    with Api(digest_of) as api, HealingClient(trust_env=False) as client:
        assert client.put(f"{api.url}/file", content=pieces(body)).json() == told(body)


@pytest.mark.parametrize("body", [LONG, LONG[:1000]], ids=["above the bound", "below it"])
def test_an_upload_arrives_whole_from_an_async_generator(body: bytes) -> None:
    async def run(url: str) -> Any:
        async with AsyncHealingClient(trust_env=False) as client:
            return (await client.put(f"{url}/file", content=async_pieces(body))).json()

    with Api(digest_of) as api:
        assert asyncio.run(run(api.url)) == told(body)


def test_a_short_upload_is_kept_and_sent_again(around: Callable[..., Any]) -> None:
    replies = iter([Said(503, {})])

    def once_down(seen: Seen) -> Said:
        return next(replies, None) or digest_of(seen)

    with Api(once_down) as api, HealingClient(trust_env=False, surroundings=around()) as client:
        reply = client.put(f"{api.url}/file", content=pieces(LONG[:5000]))
        assert reply.json() == told(LONG[:5000])
        assert [len(seen.body) for seen in api.seen] == [5000, 5000]


def test_a_long_upload_is_never_sent_again_and_the_reason_says_so(
    around: Callable[..., Any],
) -> None:
    with Api(lambda seen: Said(503, {})) as api:
        with HealingClient(trust_env=False, surroundings=around()) as client:
            reply = client.put(f"{api.url}/file", content=pieces())
        assert [len(seen.body) for seen in api.seen] == [len(LONG)]
    assert "without being kept" in outcome_of(reply).reason


def test_a_mistake_in_the_callers_own_generator_reaches_the_caller() -> None:
    def broken() -> Iterator[bytes]:
        yield b"x"
        raise KeyError("mine")

    with Api(digest_of) as api, HealingClient(trust_env=False) as client:
        with pytest.raises(KeyError, match="mine"):
            client.put(f"{api.url}/file", content=broken())
        assert api.seen == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", LONG),
        ("image/png", LONG[:500]),
        ("text/event-stream", b"data: 1\n\n"),
    ],
    ids=["too long", "another type", "events"],
)
def test_a_body_that_is_not_kept_arrives_byte_for_byte(ask: Ask, kind: str, body: bytes) -> None:
    with Api(lambda seen: Said(200, body, {"Content-Type": kind})) as api:
        reply = ask("GET", f"{api.url}/file")
    assert reply.content == body
    assert (outcome_of(reply).kind, outcome_of(reply).body) == (OutcomeKind.DELIVERED, "passed")


def test_a_long_chunked_body_is_put_back_in_front(ask: Ask) -> None:
    body = b'"' + b"a" * 3_000_000 + b'"'
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(part), part)
        for part in (body[at : at + 100_000] for at in range(0, len(body), 100_000))
    )
    head = b"HTTP/1.1 200 X\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Api(lambda seen: head + chunks + b"0\r\n\r\n") as api:
        reply = ask("GET", f"{api.url}/file")
    assert reply.content == body
    assert outcome_of(reply).body == "passed"


def test_a_stream_is_given_while_it_comes() -> None:
    with (
        Api(lambda seen: Said(200, {"a": 1})) as api,
        HealingClient(trust_env=False) as client,
        client.stream("GET", f"{api.url}/things") as reply,
    ):
        assert not reply.is_stream_consumed
        assert outcome_of(reply).body == "passed"
        assert b"".join(reply.iter_raw()) == b'{"a": 1}'


def test_a_failure_under_a_stream_is_healed_all_the_same(around: Callable[..., Any]) -> None:
    with (
        Api([Said(503, {}), Said(200, {"a": 1})]) as api,
        HealingClient(trust_env=False, surroundings=around()) as client,
        client.stream("GET", f"{api.url}/things") as reply,
    ):
        assert reply.status_code == 200
        assert reply.read() == b'{"a": 1}'
        assert len(api.seen) == 2


def test_a_compressed_answer_is_understood_and_given_as_it_came(ask: Ask) -> None:
    raw = gzip.compress(json.dumps({"why": "ä"}).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    with Api(lambda seen: Said(200, raw, headers)) as api:
        reply = ask("GET", f"{api.url}/things")
    assert reply.json() == {"why": "ä"}
    assert reply.headers["content-encoding"] == "gzip"
    assert reply.num_bytes_downloaded == len(raw)


def test_a_bomb_is_not_unfolded_in_the_loop(ask: Ask) -> None:
    bomb = gzip.compress(b" " * 50_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    rules = Rules(bounds=Bounds(body_bytes=1000))
    with Api(lambda seen: Said(200, bomb, headers)) as api:
        reply = ask("GET", f"{api.url}/things", client={"policy": rules})
    assert outcome_of(reply).body == "passed"
    assert len(reply.content) == 50_000


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("module", [httpx2, httpx])
def test_a_bomb_takes_no_memory_either(module: Any, layers: int) -> None:
    bomb = b" " * 100_000_000
    for _ in range(layers):
        bomb = gzip.compress(bomb)
    coding = ", ".join(["gzip"] * layers)
    response = module.Response(200)
    library = library_of(module.Request("GET", "http://api"))
    how = Reading(library, 1_000_000, False, now=lambda: 0.0, deadline=1.0)
    tracemalloc.start()
    try:
        reply = how.whole(response, (("Content-Encoding", coding),), bomb)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert reply.body is None
    assert most < 10_000_000


def test_a_failure_in_json_of_aws_under_a_success_is_read_and_healed(ask: Ask) -> None:
    headers = {"Content-Type": "application/x-amz-json-1.1"}
    soft = {"__type": "com.example.charges#ServiceUnavailableException", "message": "no"}
    with Api([Said(200, soft, headers), Said(200, {"a": 1}, headers)]) as api:
        assert ask("GET", f"{api.url}/things").json() == {"a": 1}
        assert len(api.seen) == 2


NOT_GZIP = Said(
    200, b'{"not": "gzip"}', {"Content-Type": "application/json", "Content-Encoding": "gzip"}
)


def test_what_is_not_its_encoding_raises_the_librarys_own_error_and_is_no_success(ask: Ask) -> None:
    with Api(lambda seen: NOT_GZIP) as api:
        with pytest.raises(httpx2.DecodingError) as caught:
            ask("POST", f"{api.url}/things", json={})
        assert len(api.seen) == 1
    outcome = outcome_of(caught.value)
    assert (outcome.kind, outcome.effect) == (OutcomeKind.FAILED, "unknown")
    assert outcome.verified is not True


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_not_its_encoding_is_asked_for_again_where_that_acts_once(
    ask: Ask, method: str
) -> None:
    with Api([NOT_GZIP, Said(200, {"whole": 1})]) as api:
        here = Destination(
            "things",
            (Region("r1", api.url),),
            fallback=Endpoint("all", "*", idempotency="honoured"),
        )
        headers = {"Idempotency-Key": "k1"} if method == "POST" else {}
        reply = ask(method, f"{api.url}/things", headers=headers, client={"policy": Rules((here,))})
        assert reply.json() == {"whole": 1}
        assert len(api.seen) == 2
    assert outcome_of(reply).kind is OutcomeKind.DELIVERED


def test_header_bytes_go_and_come_as_they_are(ask: Ask) -> None:
    with Api(lambda seen: Said(200, {}, {"X-Name": "caf\u00e9"})) as api:
        reply = ask("GET", f"{api.url}/", headers=[(b"X-Bytes", b"\xe9\xff")])
        assert api.seen[0].headers["x-bytes"] == "\u00e9\u00ff"
    assert reply.headers["x-name"] == "caf\u00e9"
