"""One bad client for each rule that can be broken over a socket: it breaks that rule alone."""

import threading
from collections.abc import Callable

import httpx2
from tests.mock_server.driving import CHARGE, Mock, eventually

Client = Callable[[Mock], None]

OTHER = {**CHARGE, "amount": 10}


def until_waiting(mock: Mock, exchanges: int) -> None:
    """Until so many exchanges wait on the server's clock."""
    eventually(lambda: mock.get("/control/clock").json()["sleepers"] == exchanges)


def twice_for_an_odd_shape(mock: Mock) -> None:
    """V01: a charge whose answer looks odd is charged again."""
    token, call = mock.token(), {"Healer-Call": "call-1"}
    for _ in range(2):
        mock.call(faults="schema_drift", token=token, headers=call)


def again_after_a_reset(mock: Mock) -> None:
    """V02: an unkeyed write after a lost connection."""
    token = mock.token()
    try:
        mock.call(faults="reset", token=token)
    except httpx2.TransportError:
        mock.call(faults="reset", token=token)


def a_key_for_each_attempt(mock: Mock) -> None:
    """V03."""
    token = mock.token()
    for n in range(2):
        mock.call(faults="retryable_500", token=token, key=f"key-{n}")


def one_key_for_two_charges(mock: Mock) -> None:
    """V04."""
    token = mock.token()
    mock.call(token=token, call="corr-1", key="key")
    mock.call(token=token, call="corr-2", key="key", body=OTHER)


def no_patience(mock: Mock) -> None:
    """V05."""
    token = mock.token()
    for wait_s in (0, 2, 0):
        mock.call("GET", "rate_limit=seconds:2", token=token)
        mock.advance(wait_s)


def in_a_hurry(mock: Mock) -> None:
    """V06."""
    token = mock.token()
    while mock.call("GET", "retryable_500*9", token=token).status_code != 200:
        mock.advance(0.05)


def without_an_end(mock: Mock) -> None:
    """V07."""
    token = mock.token()
    for n in range(7):
        mock.call("GET", "retryable_500*inf", token=token)
        mock.advance(2 + n)


def the_same_again(mock: Mock) -> None:
    """V08."""
    token = mock.token()
    for _ in range(2):
        mock.call(token=token, body={"transactionId": "tx-1"})


def a_token_that_is_dead(mock: Mock) -> None:
    """V09."""
    token = mock.token()
    for _ in range(2):
        mock.call("GET", "expired_token", token=token)


def a_refresh_for_each_caller(mock: Mock) -> None:
    """V10."""
    token = mock.token()
    mock.call("GET", "expired_token", token=token)
    fresh = [mock.post("/refresh-token", json={"token": token}).json()["token"] for _ in range(3)]
    mock.call("GET", "expired_token", token=fresh[0])


def a_refresh_for_nothing(mock: Mock) -> None:
    """V11."""
    mock.post("/refresh-token", json={"token": mock.token()})


def tired_too_soon(mock: Mock) -> None:
    """V14: the first call is healed, the second is not."""
    token = mock.token()
    for call in ("corr-1", "corr-1", "corr-2"):
        mock.call("GET", "retryable_500", token=token, call=call)


def at_home_in_the_ruins(mock: Mock) -> None:
    """V15: it knows the way to `eu`, and waits for `us`."""
    token = mock.token()
    mock.call("GET", token=token, call="corr-1", region="eu")
    for _ in range(3):
        mock.call("GET", "region_down@us*inf", token=token, call="corr-2")
        mock.advance(31)


def in_step(mock: Mock) -> None:
    """V16: every call comes back after exactly 100 ms."""
    token = mock.token()
    for n in range(20):
        mock.call("GET", "retryable_500", token=token, call=f"corr-{n}")
        mock.advance(0.1)
        mock.call("GET", "retryable_500", token=token, call=f"corr-{n}")


def always_as_fast(mock: Mock) -> None:
    """V17: delays vary, and do not grow."""
    token = mock.token()
    for n in range(10):
        for wait_s in (0.1, 0.15, 0.05 + n / 100, 0):
            mock.call("GET", "retryable_500*3", token=token, call=f"corr-{n}")
            mock.advance(wait_s)


def deaf_to_the_quota(mock: Mock) -> None:
    """V18: the reply says that nothing is left until tomorrow."""
    token = mock.token()
    left = mock.get("/simulate-budget", params={"token": token}).json()["quota_remaining"]
    mock.post("/simulate-budget", json={"token": token, "quota_delta": 1 - left})
    for n in range(2):
        mock.call("GET", token=token, call=f"corr-{n}")


def are_you_done_yet(mock: Mock) -> None:
    """V19: while the first request with the key is still being answered."""
    token = mock.token()
    first = threading.Thread(target=mock.call, args=("POST", "latency=5s"),
                             kwargs={"token": token, "key": "key"})  # fmt: skip
    first.start()
    until_waiting(mock, 1)
    for _ in range(3):
        mock.call(token=token, key="key")
    mock.advance(5)
    first.join(10)
    mock.call(token=token, key="key")


def careless_with_headers(mock: Mock) -> None:
    """V20."""
    token = mock.token()
    trace = {"traceparent": f"00-{'1' * 32}-{'2' * 16}-01"}
    for headers in (trace, {}):
        mock.call("GET", "retryable_500", token=token, headers=headers)


def another_amount(mock: Mock) -> None:
    """V22: the key is the only name that the call has."""
    token = mock.token()
    for body in (CHARGE, OTHER):
        mock.call(faults="retryable_500", token=token, call="", key="key", body=body)


def two_at_once(mock: Mock) -> None:
    """V23: the second attempt of an unkeyed write does not wait for the first."""
    token = mock.token()

    def charge() -> None:
        mock.call(faults="latency=5s*2,retryable_500*2", token=token)

    threads = [threading.Thread(target=charge) for _ in range(2)]
    for n, thread in enumerate(threads, 1):
        thread.start()
        until_waiting(mock, n)
    mock.advance(5)
    for thread in threads:
        thread.join(10)
    mock.call(faults="latency=5s*2,retryable_500*2", token=token)


def never_looked_back(mock: Mock) -> None:
    """V24."""
    mock.call(faults="ambiguous_500", token=mock.token(), key="key")


def chatty_address(mock: Mock) -> None:
    """V25."""
    token = mock.token()
    mock.call("GET", token=token, query=f"?access_token={token}")


BAD_CLIENTS: dict[str, Client] = {
    "V01": twice_for_an_odd_shape,
    "V02": again_after_a_reset,
    "V03": a_key_for_each_attempt,
    "V04": one_key_for_two_charges,
    "V05": no_patience,
    "V06": in_a_hurry,
    "V07": without_an_end,
    "V08": the_same_again,
    "V09": a_token_that_is_dead,
    "V10": a_refresh_for_each_caller,
    "V11": a_refresh_for_nothing,
    "V14": tired_too_soon,
    "V15": at_home_in_the_ruins,
    "V16": in_step,
    "V17": always_as_fast,
    "V18": deaf_to_the_quota,
    "V19": are_you_done_yet,
    "V20": careless_with_headers,
    "V22": another_amount,
    "V23": two_at_once,
    "V24": never_looked_back,
    "V25": chatty_address,
}


def the_key_is_dropped(mock: Mock) -> None:
    """V03."""
    token = mock.token()
    for key in ("key", None):
        mock.call(faults="retryable_500", token=token, key=key)


def eleven_times(mock: Mock) -> None:
    """V07: no fault comes too often, and still there is no end."""
    token = mock.token()
    for n in range(11):
        mock.call("GET", "flaky=1", token=token, region=("us", "eu", "us")[n % 3])
        mock.advance(2 + n)


def a_dead_token_in_the_next_call(mock: Mock) -> None:
    """V09: half a second later, over the same connection."""
    token = mock.token()
    for n in range(2):
        mock.call("GET", "expired_token", token=token, call=f"corr-{n}")
        mock.advance(0.5)


def a_refresh_of_what_was_revoked(mock: Mock) -> None:
    """V11."""
    token = mock.token()
    mock.call("GET", "revoked_token", token=token)
    mock.post("/refresh-token", json={"token": token})


def back_to_the_spent_credential(mock: Mock) -> None:
    """V05: the quota comes back in six hours."""
    token = mock.token()
    for _ in range(2):
        mock.call("GET", "quota", token=token)
        mock.advance(60)


def all_on_the_stroke(mock: Mock) -> None:
    """V16: everybody waits for the same moment, and not a millisecond more."""
    token = mock.token()
    for wait_s in (2, 0):
        for n in range(20):
            mock.call("GET", "rate_limit=seconds:2", token=token, call=f"corr-{n}")
        mock.advance(wait_s)


def many_who_do_not_learn(mock: Mock) -> None:
    """V06: each call is modest, and all of them together ask a dead service 120 times in vain."""
    token = mock.token()
    for n in range(60):
        for wait_s in (0.01 + n / 2000, 0.03 + n / 2000, 0):
            mock.call("GET", "retryable_500*inf", token=token, call=f"corr-{n}")
            mock.advance(wait_s)


OTHER_WAYS: list[tuple[str, Client]] = [
    ("V03", the_key_is_dropped),
    ("V05", back_to_the_spent_credential),
    ("V06", many_who_do_not_learn),
    ("V07", eleven_times),
    ("V09", a_dead_token_in_the_next_call),
    ("V11", a_refresh_of_what_was_revoked),
    ("V16", all_on_the_stroke),
]
