"""Replies that break on the wire, byte by byte, and what lets a client notice."""

import gzip
import hashlib
import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx2
import pytest
from tests.mock_server.driving import CHARGE, Mock, eventually
from tests.mock_server.test_wire import request

from battle_healer_mock.faults.table import FAULTS

SPOILT = [
    "truncated=fin",
    "truncated=gzip",
    "half_headers",
    "malformed_chunk",
    "bad_length=short",
    "bad_encoding=plain",
    "bad_encoding=cut",
    "bad_encoding=unknown",
]


def received(mock: Mock, fault: str) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """Status line, headers and what comes behind them, of a charge on a raw socket."""
    head, _, rest = mock.raw(request(mock.token(), fault)).partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    return first, dict(line.partition(b": ")[::2] for line in lines), rest


def digest_of(content: bytes) -> bytes:
    return b"sha-256=:" + b64encode(hashlib.sha256(content).digest()) + b":"


@pytest.mark.parametrize("fault", SPOILT)
def test_a_spoilt_reply_comes_after_the_effect_says_what_it_should_be_and_ends(
    mock: Mock, fault: str
) -> None:
    first, headers, rest = received(mock, fault)  # returns, since the connection is closed
    assert first == b"HTTP/1.1 200 OK"
    content = rest[: int(headers.get(b"content-length", len(rest)))]
    assert headers[b"content-digest"] != digest_of(content) or b"content-encoding" in headers
    assert len(mock.effects()) == 1
    [row] = mock.rows()
    assert (row["end"], row["told"], row["status"]) == ("cut", "maybe", 200)


@pytest.mark.parametrize("fault", ["truncated=fin", "half_headers"])
def test_a_reply_that_ends_early_names_the_length_it_should_have(mock: Mock, fault: str) -> None:
    _, headers, rest = received(mock, fault)
    assert int(headers[b"content-length"]) > len(rest)


def test_half_a_gzip_stream_is_short_of_its_length_or_of_its_end(mock: Mock) -> None:
    _, headers, rest = received(mock, "truncated=gzip")
    assert int(headers[b"content-length"]) > len(rest)
    _, headers, rest = received(mock, "bad_encoding=cut")
    assert int(headers[b"content-length"]) == len(rest)
    with pytest.raises(EOFError):
        gzip.decompress(rest)


def test_a_reply_cut_by_a_reset_has_begun_before(mock: Mock) -> None:
    where = urlsplit(mock.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as sock:
        sock.sendall(request(mock.token(), "truncated=rst"))
        assert sock.recv(65536).startswith(b"HTTP/1.1 200 OK")
        with pytest.raises(ConnectionResetError):
            sock.recv(65536)


def test_the_rest_of_a_body_lies_behind_a_length_that_is_too_short(mock: Mock) -> None:
    _, headers, rest = received(mock, "bad_length=short")
    assert int(headers[b"content-length"]) == len(rest) // 2
    assert headers[b"content-digest"] == digest_of(rest)


def test_a_second_chunk_has_no_size(mock: Mock) -> None:
    _, headers, rest = received(mock, "malformed_chunk")
    assert b"content-length" not in headers
    size, _, content = rest.partition(b"\r\n")
    assert content[int(size, 16) :].startswith(b"\r\nZZ\r\n")


def test_garbage_is_not_http(mock: Mock) -> None:
    answer = mock.raw(request(mock.token(), "garbage"))
    assert b"HTTP" not in answer
    assert len(answer) > 60
    assert len(mock.effects()) == 1


@contextmanager
def one_connection(mock: Mock) -> Iterator[httpx2.Client]:
    limits = httpx2.Limits(max_connections=1)
    with httpx2.Client(base_url=mock.url, limits=limits, timeout=10, verify=False) as client:
        yield client


def charge(client: httpx2.Client, token: str, fault: str, call: str) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token}", "X-Correlation-ID": call}
    headers |= {"X-Simulate-Failure": fault} if fault else {}
    return client.post("/external-api", headers=headers, json=CHARGE)


def test_poison_hands_the_next_caller_what_nobody_asked_for_and_its_digest_tells(
    mock: Mock,
) -> None:
    token = mock.token()
    with one_connection(mock) as client:
        good = charge(client, token, "bad_length=poison", "corr-1")
        assert good.headers["content-digest"].encode() == digest_of(good.content)
        assert good.json()["status"] == "accepted"
        wrong = charge(client, token, "", "corr-2")
        assert wrong.json()["message"] == "Nobody asked for this."
        assert wrong.headers["content-digest"].encode() != digest_of(wrong.content)
        # The connection ended with that request; what was sent on it was never read.
        assert len(mock.effects()) == 1
    [row] = mock.rows()
    assert (row["end"], row["told"]) == ("complete", "yes")


def test_a_length_that_is_too_long_leaves_the_client_waiting(mock: Mock) -> None:
    token = mock.token()
    headers = {"Authorization": f"Bearer {token}", "X-Simulate-Failure": "bad_length=long"}
    with one_connection(mock) as client, pytest.raises(httpx2.ReadTimeout):
        client.post("/external-api", headers=headers, json=CHARGE, timeout=0.1)
    assert len(mock.effects()) == 1


@pytest.mark.parametrize(("fault", "effects"), [("stall", 0), ("stall=after", 1)])
def test_a_stall_is_silent_for_five_minutes_and_then_over(
    mock: Mock, fault: str, effects: int
) -> None:
    where = urlsplit(mock.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as sock:
        sock.sendall(request(mock.token(), fault))
        eventually(lambda: bool(mock.get("/control/clock").json()["sleepers"]))
        mock.advance(299)
        assert mock.get("/control/clock").json()["sleepers"] == 1
        mock.advance(1)
        assert sock.recv(1) == b""
    assert len(mock.effects()) == effects


def test_a_stall_ends_with_the_client(mock: Mock) -> None:
    where = urlsplit(mock.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as sock:
        sock.sendall(request(mock.token(), "stall"))
        eventually(lambda: bool(mock.get("/control/clock").json()["sleepers"]))
    eventually(lambda: not mock.get("/control/clock").json()["sleepers"])
    eventually(lambda: mock.rows()[0]["t_out"] is not None)


@pytest.mark.parametrize("end", ["fin", "rst"])
def test_a_stale_connection_dies_under_its_second_request(mock: Mock, end: str) -> None:
    token, fault = mock.token(), f"stale_connection={end}"
    with one_connection(mock) as client:
        assert charge(client, token, fault, "corr-1").status_code == 200
        with pytest.raises(httpx2.ReadError if end == "rst" else httpx2.RemoteProtocolError):
            charge(client, token, fault, "corr-2")
        assert charge(client, token, fault, "corr-2").status_code == 200
    assert len(mock.effects()) == 2


def test_a_drip_sends_the_head_at_once_and_then_byte_by_byte(mock: Mock) -> None:
    where, token = urlsplit(mock.url), mock.token()
    with socket.create_connection((where.hostname, where.port), timeout=10) as sock:
        sock.sendall(request(token, "drip=2s"))
        seen = b""
        while b"\r\n\r\n" not in seen:
            seen += sock.recv(65536)
        assert seen.endswith(b"\r\n\r\n")
        for byte in (b"{", b'"', b"m"):
            eventually(lambda: mock.get("/control/clock").json()["sleepers"] == 1)
            mock.advance(2)
            assert sock.recv(65536) == byte


def test_a_dripped_reply_is_the_same_reply(mock: Mock) -> None:
    mock.post("/control/clock", json={"jump": True})
    reply = mock.call(faults="drip", token=mock.token())
    assert reply.json()["status"] == "accepted"
    [row] = mock.rows()
    assert row["delay_ms"] == 10 * int(reply.headers["content-length"])
    assert (row["end"], row["told"]) == ("complete", "yes")


def test_every_fault_that_spoils_the_answer_spoils_a_replay_too(mock: Mock) -> None:
    token = mock.token()
    mock.call(token=token, key="k")
    wire = [fault.name for fault in FAULTS if fault.stage == 12]
    assert len(wire) == 6
    for n, name in enumerate(wire):
        with Mock(mock.url) as apart:
            try:
                reply = apart.call(faults=name, token=token, key="k", call=f"corr-{n}")
            except httpx2.RequestError:
                continue
            assert reply.headers["content-digest"].encode() != digest_of(reply.content)
    assert len(mock.effects()) == 1
    assert [row["replay"] for row in mock.rows()] == [False] + [True] * len(wire)
