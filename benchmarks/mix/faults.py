"""What goes wrong with a call, one function a fault; each ends when its cure is applied."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Final, Literal

from benchmarks.mix.calls import RENAMES, Case
from benchmarks.mix.forms import WRITERS, Error

WAIT_S: Final = 1.0
OUTAGE_S: Final = 120
QUOTA_S: Final = 3600
HOME: Final = "us"
Ending = Literal["whole", "cut", "reset", "stall"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes onto the wire. `content` is JSON, or bytes with their content type.

    told: what the log keeps of it: `not_before` (seconds since the epoch) and whom that `binds`:
    `all`, this `region`, or this `token`.
    """

    status: int
    content: Mapping[str, Any] | tuple[str, bytes]
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: Ending = "whole"
    told: Mapping[str, Any] = field(default_factory=dict)

    @property
    def written(self) -> tuple[str, bytes]:
        """Content type and body."""
        if isinstance(self.content, tuple):
            return self.content
        return "application/json", json.dumps(self.content).encode()


@dataclass(frozen=True, slots=True)
class Seen:
    """A request of a call. memory: numbers of this call only; `requests` counts this one in."""

    case: Case
    region: str
    token: str
    arrived: float
    body: Any
    memory: dict[str, float]

    @property
    def first(self) -> bool:
        """Whether it is the call's first request."""
        return self.memory["requests"] == 1


Effect = Callable[[], Answer]
"""Lets the request take effect, and gives the true answer."""


def _error(seen: Seen, error: Error, **more: Any) -> Answer:
    return Answer(error.status, WRITERS[seen.case.form](error), **more)


BROKEN: Final = Error(500, "internal_error", "Something went wrong on our side.")
LOST: Final = Answer(0, {}, ending="reset")


def _ok(seen: Seen, effect: Effect) -> Answer:
    return effect()


def _error_before(seen: Seen, effect: Effect) -> Answer:
    return _error(seen, BROKEN) if seen.first else effect()


def _error_after(seen: Seen, effect: Effect) -> Answer:
    answer = effect()
    return _error(seen, BROKEN) if seen.first else answer


def _reset_before(seen: Seen, effect: Effect) -> Answer:
    return LOST if seen.first else effect()


def _reset_after(seen: Seen, effect: Effect) -> Answer:
    answer = effect()
    return LOST if seen.first else answer


def _cut(seen: Seen, effect: Effect) -> Answer:
    answer = effect()
    return Answer(answer.status, answer.content, ending="cut") if seen.first else answer


def _stall(seen: Seen, effect: Effect) -> Answer:
    answer = effect()
    return Answer(0, {}, ending="stall") if seen.first else answer


def _gateway(seen: Seen, effect: Effect) -> Answer:
    page = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
    return Answer(502, ("text/html", page)) if seen.first else effect()


def _wait(spelling: str, now: float) -> tuple[dict[str, str], float]:
    """Header that asks for about a second, and the time that it names."""
    if spelling == "date":
        moment = math.ceil(now + WAIT_S)
        return {"Retry-After": formatdate(moment, usegmt=True)}, moment
    if spelling == "seconds":
        return {"Retry-After": f"{WAIT_S:.0f}"}, now + WAIT_S
    name = {"ms": "retry-after-ms", "x-ms": "x-ms-retry-after-ms"}[spelling]
    return {name: f"{WAIT_S * 1000:.0f}"}, now + WAIT_S


def _until(seen: Seen, effect: Effect, error: Error, binds: Literal["all", "region"]) -> Answer:
    """Answer `error` until the time that its first answer named."""
    now = seen.arrived
    if now >= seen.memory.get("until", math.inf) or (binds == "region" and seen.region != HOME):
        return effect()
    headers, moment = _wait(seen.case.variant, now)
    until = seen.memory.setdefault("until", moment)
    return _error(seen, error, headers=headers, told={"not_before": until, "binds": binds})


def _unavailable(seen: Seen, effect: Effect) -> Answer:
    error = Error(503, "unavailable", "The service is temporarily unavailable.")
    return _until(seen, effect, error, "region")


def _throttle(seen: Seen, effect: Effect) -> Answer:
    return _until(seen, effect, Error(429, "rate_limited", "Too many requests."), "all")


def _quota(seen: Seen, effect: Effect) -> Answer:
    if not seen.token.startswith("main"):
        return effect()
    error = Error(429, "quota_exceeded", "The quota of this API key is used up.")
    headers = {"Retry-After": str(QUOTA_S)}
    told = {"not_before": seen.arrived + QUOTA_S, "binds": "token"}
    return _error(seen, error, headers=headers, told=told)


def _expired(seen: Seen, effect: Effect) -> Answer:
    if seen.token != "main-1":  # noqa: S105 - the name of a made-up token
        return effect()
    challenge = 'Bearer error="invalid_token", error_description="The access token expired"'
    error = Error(401, "token_expired", "The access token has expired.")
    return _error(seen, error, headers={"WWW-Authenticate": challenge})


def _forbidden(seen: Seen, effect: Effect) -> Answer:
    return _error(seen, Error(403, "forbidden", "You are not allowed to do this."))


def _missing(seen: Seen, effect: Effect) -> Answer:
    return _error(seen, Error(404, "not_found", "There is no such order."))


def _region_down(seen: Seen, effect: Effect) -> Answer:
    if seen.region != HOME:
        return effect()
    error = Error(503, "region_down", "This region is out of service.")
    if seen.case.variant == "silent":
        return _error(seen, error)
    told = {"not_before": seen.arrived + OUTAGE_S, "binds": "region"}
    return _error(seen, error, headers={"Retry-After": str(OUTAGE_S)}, told=told)


def _renamed(seen: Seen, effect: Effect) -> Answer:
    renamed = {old: new for new, old in RENAMES[seen.case.variant].items()}
    if isinstance(seen.body, dict) and set(seen.body) == {"sku", "quantity"}:
        return effect()
    return _error(seen, Error(422, "validation_error", "The body is not valid.", renamed))


def _drifted(seen: Seen, effect: Effect) -> Answer:
    answer = dict(seen.case.answer)
    if seen.case.variant == "case":
        answer["createdAt"] = answer.pop("created_at")
    elif seen.case.variant == "wrapped":
        answer = {"data": answer}
    elif seen.case.variant == "suffix":
        answer["amount_value"] = answer.pop("amount")
    elif seen.case.variant == "nested":
        answer["payment"] = {"amount": answer.pop("amount"), "currency": answer.pop("currency")}
    return Answer(200, answer)


def _soft(seen: Seen, effect: Effect) -> Answer:
    error = Error(500, "order_failed", "The order could not be processed.")
    return Answer(200, WRITERS[seen.case.form](error))


FAULTS: Final[Mapping[str, Callable[[Seen, Effect], Answer]]] = {
    "ok": _ok,
    "error_before": _error_before,
    "error_after": _error_after,
    "unavailable": _unavailable,
    "throttle": _throttle,
    "quota": _quota,
    "expired": _expired,
    "forbidden": _forbidden,
    "region_down": _region_down,
    "reset_before": _reset_before,
    "reset_after": _reset_after,
    "cut": _cut,
    "renamed": _renamed,
    "drifted": _drifted,
    "soft": _soft,
    "missing": _missing,
    "stall": _stall,
    "gateway": _gateway,
}
