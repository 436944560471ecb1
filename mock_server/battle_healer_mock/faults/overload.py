"""Overload: more requests at once than the server takes.

What it does: answers 503 to a request that arrives while as many others as given are already
being answered. This depends on true concurrency, so runs of it need not repeat.
Why it matters: the one failure that clients make themselves, and that retries make worse.
Example: overload=4
Cure: wait, and send fewer at once.
Source: RFC 9110, section 15.6.4.
"""

from __future__ import annotations

from battle_healer_mock.answer import Failure, retry_after
from battle_healer_mock.argument import Argument
from battle_healer_mock.fault import Fault, Shot, Stage

WAIT_S = 1.0
_MOST = 100_000


def read(text: str) -> int:
    """How many requests are taken at once; 0 takes none."""
    if not text.isdecimal() or int(text) > _MOST:
        raise ValueError(f"{text!r} is no number from 0 to {_MOST}")
    return int(text)


def answer(shot: Shot) -> Failure | None:
    """The refusal, None while there is room for this request too."""
    most = shot.argument if isinstance(shot.argument, int) else 0
    if shot.x.state.in_flight <= most:
        return None
    return Failure(
        503, "overload", "Overloaded", f"At most {most} requests are taken at once.",
        headers=(retry_after(WAIT_S),), wait_s=WAIT_S, members={"concurrency_limit": most},
    )  # fmt: skip


ROW = Fault(
    name="overload",
    stage=Stage.REGION,
    binding="draw",
    symptom="503 with Retry-After above a number of requests at once",
    cure="wait, and send fewer at once",
    heals="wait",
    told="no",
    status=503,
    argument=Argument(("8", "0"), "8", "", "how many requests are taken at once", read),
    answer=answer,
)
