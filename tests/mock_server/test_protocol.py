"""A request that came whole is answered on the spot; nobody can tell it from one that did not."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.mock_server.driving import Mock, eventually

from battle_healer_mock.front import Front
from battle_healer_mock.server import MockServer

BODY = b'{"transactionId": "tx-1", "amount": 15}'
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


def request(
    token: str, *more: str, method: str = "POST", call: str = "corr-1", version: str = "1.1"
) -> bytes:
    """The head of a request, and its body where it has one."""
    lines = [
        f"{method} /external-api HTTP/{version}", "Host: x", f"Authorization: Bearer {token}",
        f"X-Correlation-ID: {call}", *more,
    ]  # fmt: skip
    if method == "POST":
        lines += ["Content-Type: application/json", f"Content-Length: {len(BODY)}"]
    head = "\r\n".join([*lines, "", ""]).encode()
    return head + (BODY if method == "POST" else b"")


@contextmanager
def connected(mock: Mock) -> Iterator[socket.socket]:
    where = urlsplit(mock.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield sock


def answers(sock: socket.socket, count: int) -> list[bytes]:
    """So many whole replies, in the order in which they come."""
    got: list[bytes] = []
    buffer = b""
    while len(got) < count:
        head, end, rest = buffer.partition(b"\r\n\r\n")
        if end:
            length = int(head.lower().partition(b"content-length: ")[2].split()[0])
            if len(rest) >= length:
                got.append(head + end + rest[:length])
                buffer = rest[length:]
                continue
        chunk = sock.recv(65536)
        assert chunk, f"closed after {len(got)} of {count}"
        buffer += chunk
    return got


def statuses(replies: list[bytes]) -> list[int]:
    return [int(found[1]) for reply in replies if (found := _STATUS.match(reply))]


def test_a_request_in_pieces_leaves_the_same_row_as_a_whole_one(mock: Mock) -> None:
    token = mock.token()
    with connected(mock) as sock:
        sock.sendall(request(token))
        [whole] = answers(sock, 1)
    [first] = mock.rows()
    again = mock.token()
    mock.post("/reset")
    token = mock.token()
    assert again != token
    with connected(mock) as sock:
        parts = request(token)
        sock.sendall(parts[:-5])
        eventually(lambda: mock.get("/journal").json()["open"] == 1)
        sock.sendall(parts[-5:])
        [streamed] = answers(sock, 1)
    [second] = mock.rows()
    differ = {name for name in first if first[name] != second[name]}
    assert differ <= {"connection", "line", "answered"}
    assert (streamed, len(mock.effects())) == (whole, 1)


def test_requests_on_one_connection_are_answered_in_their_order(mock: Mock) -> None:
    token = mock.token()
    slow = request(token, "X-Simulate-Failure: latency=5s", method="GET", call="slow")
    with connected(mock) as sock:
        sock.sendall(slow + request(token, method="GET", call="quick") + request(token))
        eventually(lambda: bool(mock.get("/control/clock").json()["sleepers"]))
        mock.advance(5)
        replies = answers(sock, 3)
    ids = [re.search(rb"x-correlation-id: (\S+)", reply) for reply in replies]
    assert [found[1] for found in ids if found] == [b"slow", b"quick", b"corr-1"]
    assert statuses(replies) == [200, 200, 200]


def test_whole_requests_sent_in_one_packet_are_all_answered(mock: Mock) -> None:
    token = mock.token()
    with connected(mock) as sock:
        sock.sendall(b"".join(request(token, method="GET", call=f"c{n}") for n in range(50)))
        assert statuses(answers(sock, 50)) == [200] * 50
    assert [row["call"] for row in mock.rows()] == [f"c{n} GET /external-api" for n in range(50)]


def _is_taken(sock: socket.socket, data: bytes) -> bool:
    try:
        sock.sendall(data)
    except TimeoutError:
        return False
    return True


def test_a_client_that_reads_nothing_is_not_answered_without_end(mock: Mock) -> None:
    token = mock.token()
    asked = request(token, method="GET") * 500
    with connected(mock) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(0.5)
        assert not all(_is_taken(sock, asked) for _ in range(1000)), "50 MB of requests"
        assert mock.get("/journal").json()["open"] < 10
    eventually(lambda: mock.get("/journal").json()["open"] == 0)


def test_who_waits_for_leave_to_send_a_body_gets_it(mock: Mock) -> None:
    head, _, body = request(mock.token(), "Expect: 100-continue").partition(b"\r\n\r\n")
    with connected(mock) as sock:
        sock.sendall(head + b"\r\n\r\n")
        assert sock.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(body)
        assert statuses(answers(sock, 1)) == [200]
    assert len(mock.effects()) == 1


@pytest.mark.parametrize(
    ("more", "version"), [(("Connection: close",), "1.1"), ((), "1.0")], ids=["close", "HTTP/1.0"]
)
def test_the_last_answer_says_so_and_nothing_after_it_is_taken(
    mock: Mock, more: tuple[str, ...], version: str
) -> None:
    token = mock.token()
    last = request(token, *more, version=version)
    received = mock.raw(last + request(token, call="corr-2"))
    assert statuses([received]) == [200]
    assert received.count(b"HTTP/1.1 ") == 1
    assert b"\r\nconnection: close\r\n" in received
    assert len(mock.effects()) == 1


@pytest.mark.parametrize("target", ["/external%2Dapi", "/external-api#x", "//external-api", "*"])
def test_a_target_that_is_not_plain_goes_the_other_way(mock: Mock, target: str) -> None:
    sent = request(mock.token(), "Connection: close", method="GET")
    received = mock.raw(sent.replace(b" /external-api ", f" {target} ".encode(), 1))
    [status] = statuses([received])
    assert status in {200, 400, 404}
    assert mock.get("/journal").json()["open"] == 0


def test_a_mistake_of_the_server_is_a_500_and_a_line_in_the_log(
    mock: Mock,
    running_server: MockServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    token = mock.token()

    def broken(*given: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(Front, "at_once", broken)
    received = mock.raw(request(token, method="GET"))
    assert statuses([received]) == [500]
    assert received.endswith(b"\r\nconnection: close\r\n\r\nInternal Server Error")
    assert "ZeroDivisionError" in caplog.text
