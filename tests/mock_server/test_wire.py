"""Faults below HTTP, seen on a raw socket, and a server that does not mind them."""

import socket
import struct
from urllib.parse import urlsplit

import httpx2
import pytest
from tests.mock_server.driving import Mock, eventually

REQUEST = (
    "POST /external-api HTTP/1.1\r\nHost: x\r\nX-Correlation-ID: corr-1\r\n"
    "Authorization: Bearer {token}\r\nX-Simulate-Failure: {fault}\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
)
BODY = '{"transactionId": "tx-1", "amount": 15}'


def request(token: str, fault: str) -> bytes:
    return REQUEST.format(token=token, fault=fault, length=len(BODY), body=BODY).encode()


@pytest.mark.parametrize(("fault", "effects"), [("reset", 0), ("reset_after_effect", 1)])
def test_a_reset_is_an_rst_without_a_single_byte(mock: Mock, fault: str, effects: int) -> None:
    token = mock.token()
    with pytest.raises(ConnectionResetError):
        mock.raw(request(token, fault))
    assert len(mock.effects()) == effects
    [row] = mock.rows()
    assert (row["end"], row["told"], row["status"]) == ("cut", "maybe", None)


def test_an_http_client_sees_a_broken_connection_and_may_go_on(mock: Mock) -> None:
    token = mock.token()
    with pytest.raises(httpx2.ReadError):
        mock.call("GET", "reset", token=token)
    assert mock.call("GET", "reset", token=token).status_code == 200


def test_resets_leave_no_row_open_and_no_connection(mock: Mock) -> None:
    token = mock.token()
    for n in range(20):
        with pytest.raises(httpx2.TransportError):
            mock.call("GET", "reset", token=token, call=f"corr-{n}")
    assert mock.get("/journal").json()["open"] == 0


def test_a_client_that_goes_away_while_it_waits_leaves_a_closed_row(mock: Mock) -> None:
    where = urlsplit(mock.url)
    token = mock.token()
    with socket.create_connection((where.hostname, where.port)) as sock:
        sock.sendall(request(token, "latency=5s"))
        eventually(lambda: bool(mock.get("/control/clock").json()["sleepers"]))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    mock.advance(5)
    eventually(lambda: bool(mock.rows()[0]["end"] == "client_gone"))
    assert len(mock.effects()) == 1, "the write happened all the same"


def test_the_rows_tell_connection_and_listener(mock: Mock) -> None:
    mock.call("GET")
    with Mock(mock.url) as other:
        other.call("GET")
    first, second = mock.rows()
    assert first["connection"] != second["connection"]
    assert first["listener"] == second["listener"] == urlsplit(mock.url).port
