"""What may be wrong with a reply whose status is below 400."""

from __future__ import annotations

import re
from typing import Final

from battle_healer.contract import meets, problems
from battle_healer.diagnosis.exchange import MOST_BYTES, Exchange, is_json, media_of
from battle_healer.diagnosis.soft import failed_event, states_failure, xml_states_failure
from battle_healer.model import Attempt, Diagnosis, Kind, Processed, Reply, Trouble
from battle_healer.pointers import ABSENT

_BODILESS: Final = frozenset({204, 205, 304})
_STALE_WARNINGS: Final = ("110", "111", "113")
_NOT_DEGRADED: Final = frozenset({"", "none", "no", "false", "live"})
_REDIRECT: Final = 300
_PORTAL: Final = re.compile(
    r"http-equiv=['\"]?refresh|<form\b|captive|wi-?fi|log ?in|sign ?in", re.IGNORECASE
)
_MOST_TEXT: Final = 16_000


def is_soft(x: Exchange) -> bool:
    """Whether a body under a success status states a failure."""
    if x.value is not ABSENT:
        return states_failure(x.value)
    if x.media == "text/event-stream":
        return failed_event(x.text) is not None
    return "html" not in x.media and xml_states_failure(x.text)


def substitute(x: Exchange) -> str | None:
    """The header by which the server labels its answer as stale or mocked, None for none."""
    label = x.reply.header("x-degradation")
    if label is not None and label.strip().lower() not in _NOT_DEGRADED:
        return "header:x-degradation"
    if (x.reply.header("healer-outcome") or "").strip().lower() == "degraded":
        return "header:healer-outcome"
    warnings = (v for name, v in x.reply.headers if name.lower() == "warning")
    if any(_is_of_age(warning) for warning in warnings):
        return "header:warning"
    return None


def is_stale(reply: Reply) -> bool:
    """Whether a substitute is an older answer of the API's own, by its label; else it is a mock."""
    label = reply.header("healer-degradation") or reply.header("x-degradation")
    if label is not None:
        return "stale" in label.lower()
    return any(n.lower() == "warning" and _is_of_age(v) for n, v in reply.headers)


def _is_of_age(warning: str) -> bool:
    # RFC 7234, 5.5: a proxy says with these codes that the answer is not fresh.
    return warning.strip()[:3] in _STALE_WARNINGS


def flaw(x: Exchange) -> Diagnosis | None:
    """What is wrong with a success that states no failure and bears no label; None for nothing."""
    if x.status >= _REDIRECT:
        return None
    if x.reply.truncated:
        return _flawed(Kind.CONNECTION_LOST, "yes", "the reply ended before its announced length")
    if _is_bodiless(x.attempt, x.status):
        return None
    if _is_strange_page(x):
        return _flawed(Kind.MALFORMED_REPLY, "maybe", "a page where JSON is expected")
    if _is_broken(x):
        return _flawed(Kind.MALFORMED_REPLY, "yes", "the body is not what its type says")
    return _drift(x)


def verified(attempt: Attempt, trouble: Trouble) -> bool | None:
    """What can be said of an answer with which nothing is wrong and its contract (I6).

    True only where the body was held to it; None where no contract is declared, or it describes
    no such answer: a redirect, or one to which HTTP gives no body.
    """
    if attempt.call.endpoint.response_schema is None or not isinstance(trouble, Reply):
        return None
    if trouble.status >= _REDIRECT or _is_bodiless(attempt, trouble.status):
        return None
    return trouble.body is not None and len(trouble.body) <= MOST_BYTES


def _is_bodiless(attempt: Attempt, status: int) -> bool:
    return status in _BODILESS or attempt.call.method == "HEAD"


def undecodable(claim: Processed | None) -> Diagnosis:
    """A success whose body is not in the coding that it claims.

    claim: what a trusted server says of the request; without it nobody can tell who wrote this.
    """
    why = "it is not in the coding that its Content-Encoding names"
    return _flawed(Kind.MALFORMED_REPLY, claim or "maybe", why)


def _flawed(kind: Kind, processed: Processed, why: str) -> Diagnosis:
    return Diagnosis(kind, processed, "unchanged", reader="generic", evidence=(f"body: {why}",))


def _drift(x: Exchange) -> Diagnosis | None:
    schema = x.attempt.call.endpoint.response_schema
    if schema is None:
        return None
    value = None if x.value is ABSENT else x.value
    if value is not None and meets(schema, value):
        return None
    if not x.text.strip():
        return _flawed(Kind.MALFORMED_REPLY, "yes", "empty, though a contract is declared")
    if x.value is ABSENT:
        # An API keeps to one format: a line of text in its place may be a gateway's.
        return _flawed(Kind.MALFORMED_REPLY, "maybe", "no JSON, though a contract is declared")
    found = problems(schema, value) if value is not None else ("/: null",)
    return Diagnosis(Kind.DRIFTED, "yes", "never", reader="contract", evidence=found[:10])


def _is_broken(x: Exchange) -> bool:
    """JSON that is none, text that is no text, or nothing where JSON is announced."""
    if is_json(x.media):
        return x.value is ABSENT
    named_text = x.media.startswith("text/") or "xml" in x.media
    return named_text and not x.is_text and "charset" not in (x.reply.header("content-type") or "")


def _is_strange_page(x: Exchange) -> bool:
    """HTML that the program cannot have asked for: a portal's, or a gateway's."""
    begin = x.text[:_MOST_TEXT].lstrip().lower()
    if "html" not in x.media and not begin.startswith(("<!doctype html", "<html")):
        return False
    wants = _accepts(x)
    if "html" in wants:
        return False
    if "json" in wants or x.attempt.call.endpoint.response_schema is not None or _sends_json(x):
        return True
    return bool(_PORTAL.search(begin)) and x.attempt.call.method not in ("GET", "HEAD")


def _accepts(x: Exchange) -> str:
    return ",".join(str(v) for n, v in x.attempt.call.headers if n.lower() == "accept").lower()


def _sends_json(x: Exchange) -> bool:
    types = (str(v) for n, v in x.attempt.call.headers if n.lower() == "content-type")
    return any(is_json(media_of(kind)) for kind in types)
