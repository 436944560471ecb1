"""Every spelling of the server's own time. Each row names where the spelling is documented."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from battle_healer.waits import wait_s

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
Headers = dict[str, str]

RIGHT: list[tuple[str, Headers, object, float]] = [
    ("RFC 9110, 10.2.3: delta-seconds", {"Retry-After": "120"}, None, 120),
    ("RFC 9110, 5.6.7: IMF-fixdate", {"Retry-After": "Thu, 12 Mar 2026 10:01:35 GMT"}, None, 95),
    ("RFC 9110, 5.6.7: RFC 850", {"Retry-After": "Thursday, 12-Mar-26 10:02:00 GMT"}, None, 120),
    ("RFC 9110, 5.6.7: asctime", {"Retry-After": "Thu Mar 12 10:00:40 2026"}, None, 40),
    ("a date that is over", {"Retry-After": "Thu, 12 Mar 2026 09:58:00 GMT"}, None, 0),
    ("Shopify: a fraction", {"retry-after": "2.5"}, None, 2.5),
    ("a negative wait", {"Retry-After": "-5"}, None, 0),
    ("a year is not ours to cut", {"Retry-After": "31536000"}, None, 31_536_000),
    ("OpenAI: milliseconds win", {"retry-after-ms": "1740", "retry-after": "2"}, None, 1.74),
    ("Azure Cosmos DB", {"x-ms-retry-after-ms": "4200"}, None, 4.2),
    ("seconds in the body", {}, {"retry_after": 6.5}, 6.5),
    ("seconds in the body, named", {}, {"details": {"retryAfterSeconds": 10}}, 10),
    ("milliseconds in the body", {}, {"retry_after_ms": 250}, 0.25),
    ("google.rpc.RetryInfo", {}, {"error": {"details": [{"retryDelay": "3.5s"}]}}, 3.5),
    ("a sentence", {}, {"error": {"message": "Please try again in 8.64s."}}, 8.64),
    ("a sentence with quotes", {}, "Please try again after '23' seconds.", 23),
    ("a sentence in two units", {}, "Please try again in 6m30s.", 390),
    ("the header wins over the body", {"Retry-After": "30"}, {"retry_after": 5}, 30),
    ("draft-11: RateLimit", {"RateLimit": '"burst";r=0;t=21, "day";r=31;t=400'}, None, 21),
    ("draft-07: RateLimit", {"RateLimit": "limit=100, remaining=0, reset=33"}, None, 33),
    ("draft-03", {"RateLimit-Remaining": "0", "RateLimit-Reset": "33"}, None, 33),
    ("a distance", {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "18"}, None, 18),
    ("an epoch", {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH + 60)}, None, 60),
    (
        "an epoch in milliseconds",
        {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": str((EPOCH + 75) * 1000)},
        None,
        75,
    ),
    (
        "RFC 3339",
        {
            "x-ratelimit-requests-remaining": "0",
            "x-ratelimit-requests-reset": "2026-03-12T10:00:44Z",
        },
        None,
        44,
    ),
    (
        "OpenAI: a duration",
        {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m30s"},
        None,
        90,
    ),
    (
        "the longest of two spent windows",
        {
            "x-ratelimit-remaining-a": "0",
            "x-ratelimit-reset-a": "5",
            "x-ratelimit-remaining-b": "0",
            "x-ratelimit-reset-b": "9",
        },
        None,
        9,
    ),
]


@pytest.mark.parametrize(
    ("headers", "body", "seconds"), [r[1:] for r in RIGHT], ids=[r[0] for r in RIGHT]
)
def test_a_wait_is_read_in_every_spelling(headers: Headers, body: object, seconds: float) -> None:
    assert wait_s(headers.items(), body, NOW) == pytest.approx(seconds, abs=0.001)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "1e9"}, None),
        ({"Retry-After": "9" * 200}, None),
        ({"Retry-After": "nan"}, {"retry_after": "never"}),
        ({"Retry-After": "٣"}, None),
        ({"X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "60"}, None),
        ({"X-RateLimit-Remaining": "0"}, None),
        ({"RateLimit": '"burst";r=3;t=21'}, {"retry_after": True}),
        ({}, "The token expired 21 minutes ago."),
        ({}, "Wait a few minutes."),
    ],
)
def test_what_names_no_time_gives_none(headers: Headers, body: object) -> None:
    assert wait_s(headers.items(), body, NOW) is None


def test_a_point_in_time_is_measured_on_the_servers_clock() -> None:
    ahead = NOW + timedelta(hours=1)
    headers = {
        "Date": "Thu, 12 Mar 2026 10:00:00 GMT",
        "Retry-After": "Thu, 12 Mar 2026 10:01:00 GMT",
    }
    assert wait_s(headers.items(), None, ahead) == 60


@given(
    st.lists(
        st.tuples(st.sampled_from(["retry-after", "x-ratelimit-reset", "ratelimit"]), st.text())
    ),
    st.recursive(st.text() | st.floats() | st.none(), lambda x: st.dictionaries(st.text(), x)),
)
def test_no_reply_makes_it_raise_or_go_back_in_time(
    headers: list[tuple[str, str]], body: object
) -> None:
    found = wait_s([("x-ratelimit-remaining", "0"), *headers], body, NOW)
    assert found is None or found >= 0
