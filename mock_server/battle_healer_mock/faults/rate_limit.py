"""Rate limit: a 429 that wants a wait, in one of the spellings found in the wild.

What it does: refuses the call for a while; whoever comes back too early is refused again,
with the rest of the wait.
Why it matters: a wait that is not read, or read in the wrong unit, is a retry storm.
Example: rate_limit=epoch-ms:5s
Cure: waiting as long as the reply says.
Source: RFC 6585, section 4; RFC 9110, section 10.2.3;
draft-ietf-httpapi-ratelimit-headers-11 and its older spellings.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Final

from battle_healer_mock.answer import Failure, Headers, retry_after, whole_seconds
from battle_healer_mock.argument import Argument, duration_s
from battle_healer_mock.fault import Fault, Shot, Stage

DEFAULT_WAIT_S = 2.0
Spelling = Callable[[float, datetime], Headers]


def _ceiling(at: datetime) -> datetime:
    return at.replace(microsecond=0) + timedelta(seconds=1 if at.microsecond else 0)


def _date(wait_s: float, now: datetime) -> Headers:
    at = _ceiling(now + timedelta(seconds=wait_s))
    return (("Retry-After", format_datetime(at, usegmt=True)),)


def _draft(wait_s: float, now: datetime) -> Headers:
    policy = ("RateLimit-Policy", '"burst";q=10;w=60')
    return (policy, ("RateLimit", f'"burst";r=0;t={whole_seconds(wait_s)}'))


def _older(prefix: str, reset: Callable[[float, datetime], int]) -> Spelling:
    def spell(wait_s: float, now: datetime) -> Headers:
        return (
            (f"{prefix}-Limit", "10"),
            (f"{prefix}-Remaining", "0"),
            (f"{prefix}-Reset", str(reset(wait_s, now))),
        )

    return spell


def _epoch_s(wait_s: float, now: datetime) -> int:
    return int(_ceiling(now + timedelta(seconds=wait_s)).timestamp())


def _epoch_ms(wait_s: float, now: datetime) -> int:
    return _epoch_s(wait_s, now) * 1000


def _delta(wait_s: float, now: datetime) -> int:
    return whole_seconds(wait_s)


SPELLINGS: Final[dict[str, Spelling]] = {
    "seconds": lambda wait_s, now: (retry_after(wait_s),),
    "date": _date,
    "ratelimit": _draft,
    "ratelimit-reset": _older("RateLimit", _delta),
    "delta": _older("X-RateLimit", _delta),
    "epoch": _older("X-RateLimit", _epoch_s),
    "epoch-ms": _older("X-RateLimit", _epoch_ms),
    "body": lambda wait_s, now: (),
    "none": lambda wait_s, now: (),
}


def read(text: str) -> tuple[str, float]:
    """The spelling and the wait in seconds in `spelling`, `wait` or `spelling:wait`."""
    spelling, _, wait = text.partition(":")
    if not wait and spelling[:1].isdigit():
        return "seconds", duration_s(spelling)
    if spelling not in SPELLINGS:
        raise ValueError(f"{spelling!r} is no spelling of a wait")
    return spelling, duration_s(wait) if wait else DEFAULT_WAIT_S


def refusal(x_wall: datetime, spelling: str, wait_s: float) -> Failure:
    """A 429 that asks for `wait_s`, spelled as named."""
    members = {"retry_after_seconds": wait_s} if spelling == "body" else {}
    return Failure(
        429, "rate-limited", "Too many requests", "The rate limit of this API is reached.",
        headers=SPELLINGS[spelling](wait_s, x_wall), members=members, wait_s=wait_s, cure="wait",
    )  # fmt: skip


def answer(shot: Shot) -> Failure:
    """The refusal; a client that comes back early hears how much of the wait is left."""
    spelling, wait_s = shot.argument if isinstance(shot.argument, tuple) else read("seconds")
    return refusal(shot.x.wall, spelling, shot.hold(wait_s))


ROW = Fault(
    name="rate_limit",
    stage=Stage.ALLOWANCE,
    binding="call",
    symptom="429 with a wait in the chosen spelling",
    cure="wait as long as the reply says",
    heals="wait",
    told="no",
    status=429,
    argument=Argument(
        (*SPELLINGS, "2s", "date:5s"),
        "seconds:2s",
        "s",
        "a spelling, a wait, or both as SPELLING:WAIT",
        read,
    ),
    answer=answer,
)
