"""Which call a request belongs to, and when the next one begins."""

import pytest

from battle_healer_mock.calls import Calls, identify
from battle_healer_mock.request import Request

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def request(method: str = "POST", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, "/external-api", "us", named, {}, "127.0.0.1")


def base_and_source(asked: Request) -> tuple[str, str]:
    identity = identify(asked, "quota", "acct")
    return identity.base + identity.tail, identity.found


def test_the_strongest_name_wins() -> None:
    every = {
        "healer_call": "call-1",
        "x_correlation_id": "corr-1",
        "idempotency_key": '"k"',
        "traceparent": TRACE,
    }
    assert base_and_source(request(**every)) == ("call-1", "healer-call")
    del every["healer_call"]
    name, source = base_and_source(request(**every))
    assert (name, source) == ("corr-1 POST /external-api", "correlation-id")
    del every["x_correlation_id"]
    assert base_and_source(request(**every)) == ("key:acct:k", "idempotency-key")
    del every["idempotency_key"]
    assert base_and_source(request(**every))[1] == "traceparent"
    assert base_and_source(request())[1] == "inferred"


def test_one_correlation_id_names_a_call_per_method() -> None:
    get, post = request("GET", x_correlation_id="c"), request("POST", x_correlation_id="c")
    assert base_and_source(get) != base_and_source(post)


def test_a_key_is_the_same_call_quoted_or_bare() -> None:
    quoted, bare = request(idempotency_key='"k"'), request(idempotency_key="k")
    assert base_and_source(quoted) == base_and_source(bare)


@pytest.mark.parametrize("name", ["", "a b", "x" * 129, "é", "a\nb"])
def test_a_name_that_cannot_be_echoed_names_no_call(name: str) -> None:
    assert base_and_source(request(x_correlation_id=name))[1] == "inferred"


def test_attempts_are_counted_until_the_call_has_ended() -> None:
    calls = Calls()
    identity = identify(request(x_correlation_id="c"), "", "")
    first = calls.next_attempt(identity, 0)
    assert calls.next_attempt(identity, 0) is first
    assert first.ordinal == 2
    first.ended = True
    second = calls.next_attempt(identity, 0)
    assert (second.key, second.ordinal) == ("c#2 POST /external-api", 1)


def test_a_call_that_the_client_names_outright_never_ends() -> None:
    calls = Calls()
    identity = identify(request(healer_call="call-1"), "", "")
    first = calls.next_attempt(identity, 0)
    first.ended = True
    assert calls.next_attempt(identity, 0) is first


def test_an_inferred_call_is_forgotten_after_a_minute_of_silence() -> None:
    calls = Calls()
    identity = identify(request(), "", "")
    first = calls.next_attempt(identity, 0)
    assert calls.next_attempt(identity, 60) is first
    assert calls.next_attempt(identity, 121) is not first


def test_the_longest_unused_call_is_forgotten_first_and_counted() -> None:
    calls = Calls(most=2)
    for name in ("a", "b", "a", "c"):
        calls.next_attempt(identify(request(healer_call=name), "", ""), 0)
    assert (len(calls), calls.forgotten) == (2, 1)
    again = calls.next_attempt(identify(request(healer_call="a"), "", ""), 0)
    assert again.ordinal == 3
