"""From an answer to bytes: the dialect, the headers that every reply has, the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from battle_healer_mock.answer import Failure, Outgoing, Page, Reply
from battle_healer_mock.dialects.dialect import Dialect, status_says_no, told_in
from battle_healer_mock.json_text import json_bytes

MOST_BYTES: Final = 1 << 20
DRAINED_BYTES: Final = 32 << 20

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Rest = Callable[[Receive, Send], Awaitable[None]]


def spell(
    answer: Failure | Reply, dialect: Dialect, date: bytes, correlation_id: str | None
) -> Outgoing:
    """The answer in its dialect, with Date, length and the caller's correlation id."""
    if isinstance(answer, Failure):
        status = dialect.status_of(answer)
        content_type, body = dialect.write(answer)
    else:
        status = answer.status
        content_type, body = _body(answer, dialect)
    told = told_in(dialect, status, answer.told)
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"date", date),
    ]
    if correlation_id is not None:
        headers.append((b"x-correlation-id", correlation_id.encode()))
    if told == "no" and not status_says_no(status):
        headers.append((b"x-processed", b"no"))
    headers += [(name.lower().encode(), value.encode()) for name, value in answer.headers]
    return Outgoing(status, headers, body, told)


def spell_page(page: Page, date: bytes) -> Outgoing:
    """A page as its writer sends it, which knows neither the API's dialect nor its headers."""
    body = page.html.encode()
    headers = [
        (b"server", b"nginx"),
        (b"date", date),
        (b"content-type", b"text/html"),
        (b"content-length", str(len(body)).encode()),
    ]
    headers += [(name.lower().encode(), value.encode()) for name, value in page.headers]
    return Outgoing(page.status, headers, body, page.told)


def _body(answer: Reply, dialect: Dialect) -> tuple[str, bytes]:
    payload = answer.payload
    if answer.told == "no" and dialect.says_processed:
        payload = {**payload, "processed": False}
    return "application/json", json_bytes(payload)


async def send_reply(send: Send, reply: Outgoing, method: str) -> None:
    """Hand the reply to the server; a HEAD gets no body."""
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    body = b"" if method == "HEAD" else reply.body
    await send({"type": "http.response.body", "body": body})


async def send_in_drops(send: Send, reply: Outgoing, pause: Callable[[], Awaitable[bool]]) -> bool:
    """Hand over the head at once and the body byte by byte; False when a pause was cut short."""
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    for n in range(len(reply.body)):
        if not await pause():
            return False
        drop = {"type": "http.response.body", "body": reply.body[n : n + 1], "more_body": True}
        await send(drop)
    await send({"type": "http.response.body", "body": b""})
    return True


async def read_body(receive: Receive, most_bytes: int, drained_bytes: int) -> bytes | None:
    """The body of a request, None when the client went away before it was whole.

    A body longer than `most_bytes` comes back longer than that, but not whole: up to
    `drained_bytes` more are read and dropped, since clients that are cut short while they
    still send report a broken connection instead of the 413.
    """
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        whole: bytes = message.get("body", b"")
        return whole
    kept = bytearray()
    dropped = 0
    while True:
        if message["type"] == "http.disconnect":
            return None
        chunk: bytes = message.get("body", b"")
        if len(kept) <= most_bytes:
            kept += chunk
        else:
            dropped += len(chunk)
        if not message.get("more_body", False) or dropped > drained_bytes:
            return bytes(kept)
        message = await receive()


async def until_gone(receive: Receive) -> None:
    """Wait until the client's connection is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
