"""What the caller gets at the end of an episode: never anything invented (I6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from battle_healer.clients.intake import EXTENSION
from battle_healer.clients.library import WIRE, Library
from battle_healer.clients.outcomes import ENDED, mark
from battle_healer.episode import Ending
from battle_healer.errors import CallQueued
from battle_healer.model import Lost, Outcome, OutcomeKind, Reply

if TYPE_CHECKING:
    import httpx2

# They vouch for, or describe, the bytes that the API sent; an adapted body has others.
_OF_THE_BODY: Final = frozenset(
    {
        b"content-digest",
        b"content-encoding",
        b"content-length",
        b"content-md5",
        b"digest",
        b"etag",
        b"repr-digest",
        b"signature",
        b"signature-input",
        b"transfer-encoding",
    }
)


def answer(ending: Ending, original: httpx2.Request, library: Library) -> httpx2.Response:
    """Return the reply that an episode ends with.

    Raises CallQueued where the call was parked, and where no reply came the HTTP library's own
    exception, so that error handling written for the bare client keeps working.
    """
    outcome, trouble = ending.outcome, ending.trouble
    original.extensions[ENDED] = outcome
    if outcome.kind is OutcomeKind.QUEUED:
        raise queued(outcome)
    if not isinstance(trouble, Reply):
        _fail(trouble.handle if isinstance(trouble, Lost) else None, outcome, original, library)
    response = _response(trouble, ending.body, library)
    if outcome.kind is OutcomeKind.DEGRADED:
        response.headers["Healer-Outcome"] = outcome.kind.value
        response.headers["Healer-Degradation"] = outcome.degradation or "mocked"
    response.extensions[EXTENSION] = outcome
    return response


def _response(reply: Reply, adapted: bytes | None, library: Library) -> httpx2.Response:
    if reply.handle is None:
        lines = [(n.encode(WIRE), v.encode(WIRE)) for n, v in reply.headers]
        return library.Response(reply.status, headers=lines, content=reply.body)
    response: httpx2.Response = reply.handle
    if adapted is None:
        return response
    headers = [(n, v) for n, v in response.headers.raw if n.lower() not in _OF_THE_BODY]
    headers.append((b"Healer-Adapted", b"1"))
    headers.append((b"Content-Length", str(len(adapted)).encode()))
    # As a stream, since a body that was read already would not tell its `elapsed`.
    return library.Response(
        response.status_code,
        headers=headers,
        stream=library.ByteStream(adapted),
        extensions=response.extensions,
    )


def queued(outcome: Outcome) -> CallQueued:
    """What is raised for a call that was parked: a promise is no answer."""
    entry = outcome.queued.id if outcome.queued else "?"
    where = outcome.destination + (f" {outcome.endpoint}" if outcome.endpoint else "")
    return CallQueued(
        f"the call was parked as {entry}: {outcome.reason}",
        where,
        "It is no answer yet; the queue delivers it later, under the same call id.",
        outcome,
    )


def _fail(
    error: Exception | None, outcome: Outcome, original: httpx2.Request, library: Library
) -> NoReturn:
    """Raise the library's own exception, with the outcome noted on it."""
    if error is None:
        # A gate of ours refused and nothing was sent: for the caller, no connection was made.
        error = library.ConnectError(f"not sent: {outcome.reason}", request=original)
    raise mark(error, outcome)
