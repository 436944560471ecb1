"""What an exception says of an exchange: how far it had come, what was answered, what was asked."""

import http.client
import io
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from typing import Any

import httpx
import httpx2
import pytest
import requests
from tests.support.serving import Api, Said

from battle_healer.clients.raised import named_by, trouble_of
from battle_healer.model import Lost, Reply

GET = httpx2.Request("GET", "http://api.example/")
NOBODY = "http://127.0.0.1:1/"


def raised_by(act: Callable[[], Any]) -> Exception:
    try:
        act()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def answered(reply: Any) -> Any:
    reply.raise_for_status()


# -- As SDKs make them of httpx2's: the reply and the request are attributes, the cause is named.


class StatusError(Exception):
    def __init__(self, response: httpx2.Response) -> None:
        super().__init__("Error code")
        self.response, self.request = response, response.request
        self.status_code = response.status_code


class ConnectionFailedError(Exception):
    def __init__(self, request: httpx2.Request) -> None:
        super().__init__("Connection error.")
        self.request = request


def sdk_lost(error: httpx2.TransportError) -> Exception:
    def call() -> None:
        try:
            raise error
        except httpx2.TransportError as cause:
            raise ConnectionFailedError(GET) from cause

    return raised_by(call)


def test_an_sdks_status_error_is_read_like_the_reply_it_holds() -> None:
    response = httpx2.Response(429, headers={"Retry-After": "7"}, json={"a": 1}, request=GET)
    found = trouble_of(error := StatusError(response))
    assert isinstance(found, Reply)
    assert (found.status, found.body, found.header("retry-after")) == (429, b'{"a":1}', "7")
    assert found.handle is error


@pytest.mark.parametrize(
    ("error", "phase"),
    [(httpx2.ConnectError("x"), "connect"), (httpx2.ReadTimeout("x"), "wait")],
)
def test_an_sdks_connection_error_is_read_by_what_it_was_raised_from(
    error: httpx2.TransportError, phase: str
) -> None:
    found = trouble_of(raised := sdk_lost(error))
    assert isinstance(found, Lost)
    assert (found.phase, found.handle) == (phase, raised)
    named = named_by(raised)
    assert named is not None
    assert named.request.method == "GET"


def test_what_merely_happened_before_is_another_story() -> None:
    """A first server that could not be reached says nothing of the second, which was."""

    def call() -> None:
        try:
            raise httpx2.ConnectError("the first")
        except httpx2.ConnectError:
            raise ConnectionResetError from None

    def unknown() -> None:
        try:
            raise httpx2.ConnectError("the first")
        except httpx2.ConnectError:
            raise ValueError("mine")  # noqa: B904 -- as it is often written

    found = trouble_of(raised_by(call))
    assert isinstance(found, Lost)
    assert found.phase == "wait"
    assert trouble_of(raised_by(unknown)) is None


# -- The libraries themselves, over real sockets


@pytest.mark.parametrize("library", [httpx2, httpx, requests], ids=["httpx2", "httpx", "requests"])
def test_a_connection_that_was_never_made_is_told_apart(library: Any) -> None:
    error = raised_by(lambda: library.post(NOBODY, timeout=5))
    found, named = trouble_of(error), named_by(error)
    assert isinstance(found, Lost)
    assert (found.phase, found.timed_out) == ("connect", False)
    assert named is not None
    assert (named.request.method, named.upload.replayable) == ("POST", True)


@pytest.mark.parametrize("library", [httpx2, httpx, requests], ids=["httpx2", "httpx", "requests"])
def test_a_connection_that_ended_without_a_word_may_have_acted(library: Any) -> None:
    with Api([None]) as api:
        error = raised_by(lambda: library.post(api.url, data={"a": "1"}, timeout=5))
    found, named = trouble_of(error), named_by(error)
    assert isinstance(found, Lost)
    assert found.phase == "wait"
    assert named is not None
    assert named.upload.body == b"a=1"


@pytest.mark.parametrize("library", [httpx2, httpx, requests], ids=["httpx2", "httpx", "requests"])
def test_a_reply_that_takes_too_long_may_have_acted(library: Any) -> None:
    done = threading.Event()

    def hang(seen: Any) -> Said:
        done.wait(10)
        return Said()

    with Api(hang) as api:
        error = raised_by(lambda: library.get(api.url, timeout=0.2))
        done.set()
    found = trouble_of(error)
    assert isinstance(found, Lost)
    assert (found.phase, found.timed_out) == ("wait", True)


@pytest.mark.parametrize("library", [httpx2, httpx, requests], ids=["httpx2", "httpx", "requests"])
def test_a_body_that_breaks_off_may_have_acted(library: Any) -> None:
    with Api([Said(200, {"a": 1}, length=100)]) as api:
        error = raised_by(lambda: library.get(api.url, timeout=5))
    found = trouble_of(error)
    assert isinstance(found, Lost)
    assert found.phase in ("wait", "read")


@pytest.mark.parametrize("library", [httpx2, httpx, requests], ids=["httpx2", "httpx", "requests"])
def test_a_status_error_holds_reply_and_request(library: Any) -> None:
    with Api([Said(503, {"error": "busy"}, {"Retry-After": "3"})]) as api:
        error = raised_by(lambda: answered(library.put(api.url, data={"a": "1"}, timeout=5)))
    found, named = trouble_of(error), named_by(error)
    assert isinstance(found, Reply)
    assert (found.status, found.body) == (503, b'{"error": "busy"}')
    assert found.header("retry-after") == "3"
    assert named is not None
    assert (named.request.method, named.upload.body) == ("PUT", b"a=1")


@pytest.mark.parametrize("library", [httpx2, httpx, requests], ids=["httpx2", "httpx", "requests"])
def test_a_request_that_the_library_refuses_is_no_trouble_of_the_api(library: Any) -> None:
    assert trouble_of(raised_by(lambda: library.get("ftp://api.example/"))) is None


def test_user_information_of_an_address_is_left_out() -> None:
    error = raised_by(lambda: requests.get("http://me:tok-1@127.0.0.1:1/", timeout=5))
    named = named_by(error)
    assert named is not None
    assert "tok-1" not in str(named.request.url)


def test_a_body_that_nobody_kept_cannot_be_named() -> None:
    error = raised_by(lambda: httpx2.post(NOBODY, content=iter([b"a", b"b"])))
    named = named_by(error)
    assert named is not None
    assert not named.upload.replayable


def test_a_reply_that_was_not_read_is_not_read_now() -> None:
    with Api([Said(503, {"error": "busy"})]) as api:
        reply = requests.get(api.url, timeout=5, stream=True)
        found = trouble_of(raised_by(reply.raise_for_status))
        assert isinstance(found, Reply)
        assert found.body is None
        assert reply.content == b'{"error": "busy"}', "it is still the caller's to read"


# -- urllib and sockets


def test_urllib_tells_a_failed_connection_from_a_lost_one() -> None:
    refused = trouble_of(raised_by(lambda: urllib.request.urlopen(NOBODY)))
    with Api([None]) as api:
        lost = trouble_of(raised_by(lambda: urllib.request.urlopen(api.url)))  # noqa: S310 -- ours
    assert isinstance(refused, Lost)
    assert isinstance(lost, Lost)
    assert (refused.phase, lost.phase) == ("connect", "wait")


def test_urllibs_reply_is_read_and_left_for_the_caller() -> None:
    with Api([Said(429, {"error": "slow"}, {"Retry-After": "4"})]) as api:
        error = raised_by(lambda: urllib.request.urlopen(api.url))  # noqa: S310 -- ours
        assert isinstance(error, urllib.error.HTTPError)
        found = trouble_of(error)
        assert isinstance(found, Reply)
        assert (found.status, found.body) == (429, b'{"error": "slow"}')
        assert error.read() == b'{"error": "slow"}'
        error.close()


def test_an_error_of_urllib_without_a_body_is_read_all_the_same() -> None:
    error = urllib.error.HTTPError("http://a/", 503, "busy", Message(), io.BytesIO(b"x"))
    found = trouble_of(error)
    assert isinstance(found, Reply)
    assert (found.status, found.body) == (503, None)
    error.close()


OF_THE_SYSTEM: list[tuple[Exception, str | None]] = [
    (ConnectionRefusedError(), "connect"),
    (socket.gaierror(), "connect"),
    (ssl.SSLCertVerificationError(), "tls"),
    (ssl.SSLError(), "wait"),
    (ConnectionResetError(), "wait"),
    (TimeoutError(), "wait"),
    (http.client.RemoteDisconnected(""), "wait"),
    (http.client.IncompleteRead(b""), "read"),
    (urllib.error.URLError(socket.gaierror()), "connect"),
    (urllib.error.URLError(ssl.SSLCertVerificationError()), "tls"),
    (urllib.error.URLError(ConnectionResetError()), "send"),
    (urllib.error.URLError(OSError()), "send"),
    (urllib.error.URLError("unknown url type"), None),
    (requests.ConnectionError("no word of what broke"), "wait"),
    (requests.ConnectTimeout(), "connect"),
    (requests.exceptions.SSLError(ssl.SSLCertVerificationError()), "tls"),
    (requests.exceptions.SSLError("while it was read"), "wait"),
    (PermissionError(), None),
    (KeyError("a"), None),
]


@pytest.mark.parametrize(("error", "phase"), OF_THE_SYSTEM, ids=lambda it: repr(it)[:60])
def test_an_error_tells_how_far_the_exchange_had_come(error: Exception, phase: str | None) -> None:
    found = trouble_of(error)
    assert (found.phase if isinstance(found, Lost) else found) == phase


def test_a_hostile_exception_is_no_worse_than_none() -> None:
    class Hostile(Exception):  # noqa: N818 -- its name does not matter
        @property
        def response(self) -> Any:
            raise RuntimeError

        request = 5

    error = Hostile()
    error.__cause__ = error
    assert trouble_of(error) is None
    assert named_by(error) is None
