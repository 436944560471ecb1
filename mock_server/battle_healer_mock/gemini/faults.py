"""Every way in which the double can fail its client, in one table.

A fault gives a whole reply, or the bytes of a broken one. They are asked for like those of the
chaos server: `unavailable*2,hang` is two 503 and then silence.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from battle_healer_mock.argument import Argument
from battle_healer_mock.errors import unknown_name
from battle_healer_mock.gemini.answers import (
    DETAIL,
    Said,
    blocked,
    error,
    generated,
    said,
    shaped,
)
from battle_healer_mock.gemini.asked import Asked
from battle_healer_mock.grammar import TriggerError, read_items, read_value

HUGE_BYTES: Final = 8 << 20
_DEEP: Final = 100_000
_HTML: Final = (
    b"<html><head><title>Sign in</title></head><body>Welcome to the network</body></html>"
)
_HEAD: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 400\r\n"


@dataclass(frozen=True, slots=True)
class Broken:
    """No reply in good order: `first` is written, then the connection ends, drips or is silent."""

    end: Literal["reset", "fin", "silence", "drip"]
    first: bytes = b""


@dataclass(frozen=True, slots=True)
class Shot:
    """One fault about to strike. good: what the double would have answered."""

    asked: Asked
    value: object
    good: Callable[[], Said]


Answer = Callable[[Shot], Said | Broken]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail. does: completes "the double ..."."""

    name: str
    does: str
    answer: Answer
    argument: Argument | None = None


def _seconds(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 86_400:  # noqa: PLR2004 - a day
        raise ValueError(f"{text} is no number of seconds up to a day")
    return value


SECONDS: Final = Argument(
    ("17",), "17", "s", "seconds until the next question is welcome", _seconds
)


def _limited(shot: Shot) -> Said:
    retry = {"@type": f"{DETAIL}RetryInfo", "retryDelay": f"{shot.value}s"}
    return error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for this model.", [retry])


def _limited_by_header(shot: Shot) -> Said:
    wait = ("retry-after", str(shot.value))
    return replace(error(429, "RESOURCE_EXHAUSTED", "Too many requests."), headers=(wait,))


def _overloaded(shot: Shot) -> Said:
    wait = ("retry-after", str(shot.value))
    return replace(error(503, "UNAVAILABLE", "The model is overloaded."), headers=(wait,))


def _bad_key(shot: Shot) -> Said:
    info = {"@type": f"{DETAIL}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
    return error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [info])


def _plainly(status: int, code: str, message: str) -> Answer:
    return lambda shot: error(status, code, message)


def _whatever(payload: object, status: int = 200) -> Answer:
    return lambda shot: said(payload, status)


def _answered(**changes: Any) -> Callable[[Shot], Said]:
    """The good answer with other members, in every question; None takes a member away."""

    def answer(shot: Shot) -> Said:
        rows = {}
        for question in shot.asked.questions:
            ids = list(question.options)
            chances: dict[str, Any] = dict.fromkeys(ids, 0.0) | {ids[0]: 1.0}
            row = {"choice": ids[0], "confidence": 1.0, "probabilities": chances} | changes
            rows[question.name] = {name: value for name, value in row.items() if value is not None}
        return shaped(shot.asked, rows)

    return answer


def _outside_menu(shot: Shot) -> Said:
    return _answered(choice="p99", probabilities={"p99": 1.0})(shot)


def _one_missing(shot: Shot) -> Said:
    first = next(iter(shot.asked.questions[0].options))
    return _answered(probabilities={first: 1.0}, confidence=None)(shot)


def _sum_of_two(shot: Shot) -> Said:
    ids = shot.asked.questions[0].options
    return _answered(probabilities=dict.fromkeys(ids, 1.0), confidence=2)(shot)


def _nan(shot: Shot) -> Said:
    ids = shot.asked.questions[0].options
    nan = float("nan")
    return _answered(probabilities=dict.fromkeys(ids, nan), confidence=nan)(shot)


def _unknown_answer(shot: Shot) -> Said:
    if shot.asked.api == "decisions":
        rows = {q.name: {"type": "essay", "text": "p1"} for q in shot.asked.questions}
        return said({"answers": rows})
    return generated('"p1"')


def _half(shot: Shot) -> Said:
    whole = shot.good().body
    return Said(200, whole[: len(whole) // 2])


def _max_tokens(shot: Shot) -> Said:
    if shot.asked.api == "decisions":
        return _half(shot)
    return generated('{"choice": "p', "MAX_TOKENS")


def _huge(shot: Shot) -> Said:
    # A good answer, so that only its size is wrong.
    return Said(200, shot.good().body + b" " * HUGE_BYTES)


def _gzip_bomb(shot: Shot) -> Said:
    packed = gzip.compress(shot.good().body + b" " * HUGE_BYTES)
    return Said(200, packed, headers=(("content-encoding", "gzip"),))


def _deep(shot: Shot) -> Said:
    # Below the size that a careful client refuses for its length alone.
    return Said(200, b"[" * min(_DEEP, 60_000))


def _safety(shot: Shot) -> Said:
    if shot.asked.api == "decisions":
        return blocked("decisions", "safety")
    return generated(None, "SAFETY")


def _no_answer(shot: Shot) -> Said:
    if shot.asked.api == "decisions":
        return said({"answers": {}})
    return said({"candidates": []})


def _created(shot: Shot) -> Said:
    return Said(201, shot.good().body)


FAULTS: Final[tuple[Fault, ...]] = (
    Fault("hang", "never answers", lambda shot: Broken("silence")),
    Fault("drip_headers", "sends its head byte by byte", lambda shot: Broken("drip")),
    Fault("drip", "sends its body byte by byte", lambda shot: Broken("drip", _HEAD + b"\r\n")),
    Fault("limited", "answers 429 with a time to wait", _limited, SECONDS),
    Fault("limited_by_header", "answers 429 with `Retry-After`", _limited_by_header, SECONDS),
    Fault("overloaded", "answers 503 with `Retry-After`", _overloaded, SECONDS),
    Fault("unavailable", "answers 503", _plainly(503, "UNAVAILABLE", "The model is overloaded.")),
    Fault("internal", "answers 500", _plainly(500, "INTERNAL", "An internal error occurred.")),
    Fault("late", "answers 504", _plainly(504, "DEADLINE_EXCEEDED", "Deadline exceeded.")),
    Fault("bad_key", "says that the API key is not valid", _bad_key),
    Fault("unauthenticated", "answers 401", _plainly(401, "UNAUTHENTICATED", "Who are you?")),
    Fault("denied", "answers 403", _plainly(403, "PERMISSION_DENIED", "Not for this project.")),
    Fault("no_model", "answers 404", _plainly(404, "NOT_FOUND", "No such model or method.")),
    Fault("bad_request", "answers 400", _plainly(400, "INVALID_ARGUMENT", "Not like this.")),
    Fault(
        "redirect",
        "points at another host, which would get the key",
        lambda shot: said({}, 307, location="https://elsewhere.invalid/v1beta/decisions"),
    ),
    Fault("html", "answers a sign-in page", lambda shot: Said(200, _HTML, "text/html")),
    Fault("html_503", "answers a page under 503", lambda shot: Said(503, _HTML, "text/html")),
    Fault("reset", "tears the connection down", lambda shot: Broken("reset")),
    Fault("cut", "ends the connection inside the body", lambda shot: Broken("fin", _cut(shot))),
    Fault("half_json", "sends half of its JSON as if it were all", _half),
    Fault("empty", "sends an empty body", lambda shot: Said(200, b"")),
    Fault("null", "answers null", _whatever(None)),
    Fault("list", "answers an empty list", _whatever([])),
    Fault("text", "answers a string", _whatever("p1")),
    Fault("nothing", "answers an empty object", _whatever({})),
    Fault("no_answer", "answers none of the questions", _no_answer),
    Fault("blocked", "refuses the input", lambda shot: blocked(shot.asked.api, "safety")),
    Fault("safety", "stops for safety", _safety),
    Fault("max_tokens", "stops in the middle of its answer", _max_tokens),
    Fault("outside_menu", "chooses what was not offered", _outside_menu),
    Fault("one_missing", "gives no probability to some options", _one_missing),
    Fault("too_sure", "is 700 percent sure", _answered(confidence=7, probabilities=None)),
    Fault("sum_of_two", "gives every option a probability of 1", _sum_of_two),
    Fault("nan", "answers NaN", _nan),
    Fault("wrong_type", "answers a number for a name", _answered(choice=5, confidence="high")),
    Fault("list_for_map", "answers a list of chances", _answered(choice=[], probabilities=[1])),
    Fault("unknown_answer", "answers in a type that nobody knows", _unknown_answer),
    Fault("created", "answers 201", _created),
    Fault("huge", "answers 8 MB", _huge),
    Fault("gzip_bomb", "answers 8 MB in a few bytes", _gzip_bomb),
    Fault("deep", "answers lists in lists in lists", _deep),
)
BY_NAME: Final = {fault.name: fault for fault in FAULTS}


def _cut(shot: Shot) -> bytes:
    return _HEAD + b"\r\n" + shot.good().body[:40]


@dataclass(slots=True)
class Pending:
    """A fault that still strikes `left` times."""

    fault: Fault
    value: object
    left: float


def parse(text: str, where: str = "faults") -> list[Pending]:
    """The faults that are asked for, in order. Raises TriggerError."""
    pending = []
    for item in read_items(text, where):
        fault = BY_NAME.get(item.name)
        if fault is None:
            raise unknown_name("fault", item.name, where, BY_NAME)
        if item.region is not None or item.dialect is not None:
            raise TriggerError(
                f"{item.text[:80]!r} names a region or a dialect", where, "The double has neither."
            )
        value = read_value(fault.name, fault.argument, item.value, where)
        pending.append(Pending(fault, value, 1 if item.count is None else item.count))
    return pending


def markdown() -> str:
    """The faults as a table for docs/gemini.md."""
    rows = "\n".join(f"| `{fault.name}` | {fault.does} |" for fault in FAULTS)
    return f"| fault | the double |\n|---|---|\n{rows}\n"
