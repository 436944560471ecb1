"""What is left of a server's limits, in every spelling of the rate-limit fields."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from battle_healer.windows import Window, windows

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
DAY_S = 86_400.0
Headers = dict[str, str]

ROWS: list[tuple[str, Headers, Window]] = [
    (
        "draft-11",
        {"RateLimit-Policy": '"daily";q=1000;w=86400', "RateLimit": '"daily";r=48;t=7200'},
        Window("daily", 48, 1000, 7200, DAY_S),
    ),
    (
        "draft-07, limit in the field itself",
        {"RateLimit": "limit=100, remaining=5, reset=33"},
        Window("", 5, 100, 33),
    ),
    (
        "draft-03 with a policy",
        {
            "RateLimit-Limit": "1000, 1000;w=86400",
            "RateLimit-Policy": "1000;w=86400",
            "RateLimit-Remaining": "9",
            "RateLimit-Reset": "60",
        },
        Window("", 9, 1000, 60, DAY_S),
    ),
    (
        "GitHub: an epoch",
        {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": "12",
            "X-RateLimit-Reset": str(EPOCH + 90),
        },
        Window("", 12, 5000, 90),
    ),
    (
        "Kong: the window in the name",
        {"X-RateLimit-Limit-Day": "500", "X-RateLimit-Remaining-Day": "20"},
        Window("day", 20, 500, None, DAY_S),
    ),
    (
        "OpenAI: a duration",
        {
            "x-ratelimit-limit-requests": "60",
            "x-ratelimit-remaining-requests": "59",
            "x-ratelimit-reset-requests": "1m30s",
        },
        Window("requests", 59, 60, 90),
    ),
    (
        "Anthropic: a date, on the server's clock",
        {
            "Date": "Thu, 12 Mar 2026 09:00:00 GMT",
            "anthropic-ratelimit-requests-limit": "50",
            "anthropic-ratelimit-requests-remaining": "4",
            "anthropic-ratelimit-requests-reset": "2026-03-12T10:00:00Z",
        },
        Window("requests", 4, 50, 3600),
    ),
]


@pytest.mark.parametrize(("headers", "window"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_a_window_is_read_in_every_spelling(headers: Headers, window: Window) -> None:
    assert windows(headers.items(), NOW) == (window,)


def test_each_window_has_the_policy_of_its_name() -> None:
    fields = {
        "RateLimit-Policy": '"burst";q=10;w=60, "daily";q=1000;w=86400',
        "RateLimit": '"burst";r=1;t=5, "daily";r=900;t=40000',
    }
    burst, daily = windows(fields.items(), NOW)
    assert (burst.limit, burst.is_quota) == (10, False)
    assert (daily.limit, daily.is_quota) == (1000, True)


@pytest.mark.parametrize(
    ("window", "is_quota"),
    [
        (Window("", 0, 10, 3600.0), False),
        (Window("", 0, 10, 3601.0), True),
        (Window("", 0, 10, None), False),
        (Window("daily", 0, 10, 60.0, DAY_S), True),
        (Window("burst", 0, 10, DAY_S, 60.0), False),
    ],
    ids=["an hour", "more", "unknown", "the end of a day", "short, whatever its reset"],
)
def test_a_quota_is_a_window_of_more_than_an_hour(window: Window, *, is_quota: bool) -> None:
    assert window.is_quota is is_quota


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"Content-Type": "application/json"},
        {"RateLimit": '"daily";r=many;t=5'},
        {"X-RateLimit-Limit": "5", "X-RateLimit-Reset": "60"},
        {"X-RateLimit-Remaining": "9" * 2000},
    ],
    ids=["nothing", "other fields", "no number", "nothing remaining told", "too long"],
)
def test_fields_that_tell_nothing_are_no_window(fields: Headers) -> None:
    assert windows(fields.items(), NOW) == ()


NAMES = ["RateLimit", "RateLimit-Policy", "X-RateLimit-Remaining", "x-ratelimit-reset-day", "Date"]


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.text(max_size=60))))
def test_hostile_fields_never_raise(headers: list[tuple[str, str]]) -> None:
    for window in windows(headers, NOW):
        assert window.remaining >= 0.0
