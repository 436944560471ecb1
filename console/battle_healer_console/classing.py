"""What becomes of a call that is handed in: where it goes, what is kept, whether it is safe."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import httpx2

from battle_healer.diagnosis.statuses import of_status
from battle_healer.model import Call, Kind, Processed
from battle_healer.rules import Destination, Region, Rules
from battle_healer.secret import is_secret_header
from battle_healer.text import nearest, safe, safe_url, valid_correlation_id
from battle_healer_console.bodies import Handed
from battle_healer_replay.entry import Draft, Payload
from battle_healer_replay.errors import RefusedError
from battle_healer_replay.parking import undeclared

KEY_HEADER: Final = "Idempotency-Key"

# Of the connection that was, or made anew for each send. Source: RFC 9110, section 7.6.1.
_FRAMING: Final = frozenset(
    {
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer",
        "upgrade", "proxy-connection", "expect", "healer-call", "x-correlation-id",
    }
)  # fmt: skip

NEVER_LEFT: Final = frozenset(
    {Kind.CONNECT_FAILED, "ConnectError", "ConnectTimeout", "PoolTimeout"}
)
"""Words in `error_type` that mean: no byte of it was sent. The classes are httpx2's."""


@dataclass(frozen=True, slots=True)
class Classed:
    """A draft, and what the answer says was left out of it."""

    draft: Draft
    dropped: tuple[str, ...]
    unknown: tuple[str, ...]


def url_of(text: str) -> str:
    """The URL as it will be sent, dots and escapes resolved. Raises RefusedError.

    It is compared with what the policy declares only in this form: what is compared is sent.
    """
    try:
        url = httpx2.URL(text)
        host = url.host
    except (httpx2.InvalidURL, ValueError) as error:
        raise _no_url(text) from error
    if url.scheme not in {"http", "https"} or not host:
        raise _no_url(text)
    # Plain dots are resolved by now; servers take these for the same.
    if {".", ".."} & set(url.path.split("/")):
        raise RefusedError("dots that lead elsewhere", "/url", "Write the path that is meant.")
    return str(url.copy_with(fragment=None))


def classed(
    handed: Handed, url: str, rules: Rules, new_id: Callable[[str], str], now_ms: int
) -> Classed:
    """The draft of what was handed in. Raises RefusedError for what must not be kept.

    url: of `url_of`. rules: those that declare it. now_ms: by the database's clock.
    """
    destination, home, path = rules.place(url)
    if not destination.declared:
        raise undeclared(url, rules.source)
    kept, dropped = _kept_headers(handed.headers, destination, rules)
    key = _key_of(handed, kept)
    body = _body_of(handed.body, kept)
    region = _region_of(handed, destination, home)
    call_id = new_id("call")
    call = Call(
        id=call_id,
        correlation_id=_correlation_of(handed, call_id),
        method=handed.method,
        destination=destination,
        endpoint=destination.endpoint(handed.method, path.partition("?")[0]),
        home=home,
        path=path,
        key=key,
    )
    payload = Payload(
        method=handed.method,
        url=url,
        headers=tuple(kept.items()),
        body=body,
        key=key,
        region=region,
        policy=destination.policy,
        error=_story_of(handed),
    )
    queue = _queue_of(handed, call, rules)
    rule = rules.queue(queue)
    draft = Draft(
        call_id=call_id,
        correlation_id=call.correlation_id,
        destination=destination.name,
        payload=payload,
        safe=call.is_repeatable,
        key=key or f"request:{handed.request_id}",
        tenant=handed.tenant,
        queue=queue,
        max_failures=rule.max_failures,
        body_bytes=rule.body_bytes,
        priority=handed.priority,
        due_in_s=max(0.0, _seconds_until(handed.due_at, now_ms) or 0.0),
        doubt=_processed(handed, destination) != "no",
    )
    left_s = _seconds_until(handed.expires_at, now_ms)
    if left_s is not None:
        draft = replace(draft, expires_in_s=_wanted_still(left_s))
    return Classed(draft, dropped, tuple(safe(name, 60) for name in handed.model_extra or ()))


def body_bytes(body: Any) -> bytes | None:
    """A body as it is sent: text as it is, anything else as JSON, None for none."""
    if body is None:
        return None
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    # A lone surrogate is no text: it goes as the replacement that JSON parsers use, too.
    return text.encode("utf-8", "replace")


def _no_url(text: str) -> RefusedError:
    return RefusedError(
        f"{safe_url(text)!r} is no absolute http URL",
        "/url",
        "Write it whole: https://api.example/charges.",
    )


def _kept_headers(
    headers: Mapping[str, str], destination: Destination, rules: Rules
) -> tuple[dict[str, str], tuple[str, ...]]:
    """What is kept of the headers, and the names of the credentials that are not (I2)."""
    more = rules.secret_headers | {rule.header.lower() for rule in destination.credentials}
    secret = tuple(name for name in headers if is_secret_header(name, more))
    kept = {
        name: value
        for name, value in headers.items()
        if name not in secret and name.lower() not in _FRAMING
    }
    return kept, secret


def _key_of(handed: Handed, kept: dict[str, str]) -> str | None:
    """The key under which it was sent; its header is added where only the field names it."""
    sent = next((value for name, value in kept.items() if name.lower() == "idempotency-key"), None)
    key = handed.idempotency_key or sent
    if sent is not None and sent != key:
        raise RefusedError(
            "its Idempotency-Key header is not its idempotency_key",
            "/idempotency_key",
            "Give the key under which it was first sent, once.",
        )
    if key is not None and sent is None:
        kept[KEY_HEADER] = key
    return key


def _body_of(body: Any, kept: dict[str, str]) -> bytes | None:
    if body is not None and not isinstance(body, str):
        names = {name.lower() for name in kept}
        if "content-type" not in names:
            kept["Content-Type"] = "application/json"
    return body_bytes(body)


def _region_of(handed: Handed, destination: Destination, home: Region) -> str:
    """Where it was sent; a name that the policy does not know says nothing."""
    names = {region.name for region in destination.regions}
    return handed.region if handed.region in names else home.name


def _correlation_of(handed: Handed, call_id: str) -> str:
    if handed.correlation_id is None:
        return call_id.replace("call-", "corr-", 1)
    if not valid_correlation_id(handed.correlation_id):
        raise RefusedError(
            "this is no correlation id", "/correlation_id", "Use 1 to 128 of A-Z a-z 0-9 . _ -"
        )
    return handed.correlation_id


def _queue_of(handed: Handed, call: Call, rules: Rules) -> str:
    """The queue that is named, if the policy knows it; else that of the endpoint."""
    wanted = handed.queue or call.endpoint.queue or "default"
    known = {e.queue for d in rules.destinations for e in (*d.endpoints, d.fallback) if e.queue}
    known |= rules.queues.keys()
    if wanted not in known | {"default"}:
        raise RefusedError(
            f"no queue of the policy is named {safe(wanted, 60)!r}",
            "/queue",
            nearest(wanted, known | {"default"}),
        )
    return wanted


def _processed(handed: Handed, destination: Destination) -> Processed:
    """Whether the API may have acted, by what may say so (I1)."""
    said = handed.processed
    if isinstance(said, str):
        return said
    if said is not None and destination.says_processed:
        return "yes" if said else "no"
    if handed.retry_count:
        return "maybe"  # the error is that of the last send, and says nothing of those before it
    if handed.error_status is not None:
        return of_status(handed.error_status).processed
    return "no" if handed.error_type in NEVER_LEFT else "maybe"


def _seconds_until(moment: datetime | None, now_ms: int) -> float | None:
    return None if moment is None else moment.astimezone(UTC).timestamp() - now_ms / 1000


def _wanted_still(left_s: float) -> float:
    if left_s <= 0:
        raise RefusedError(
            "its expiry has passed", "/expires_at", "Hand in only what is still wanted."
        )
    return left_s


def _story_of(handed: Handed) -> str:
    """Why it was handed in, in one line, for people."""
    status = f"status {handed.error_status}" if handed.error_status else ""
    cause = " ".join(part for part in (handed.error_type or "", status) if part)
    facts = {
        "endpoint": handed.endpoint,
        "provider": handed.provider,
        "region": handed.region,
        "request": handed.request_id,
        "retries": handed.retry_count,
        "at": handed.timestamp,
    }
    told = ", ".join(f"{n} {v}" for n, v in facts.items() if v not in (None, ""))
    message = f": {handed.error_message}" if handed.error_message else ""
    return safe(f"{cause or 'handed in'}{message} ({told})", 2_000)
