"""What the server refuses of its own accord, without any fault being asked for."""

from __future__ import annotations

from typing import Final

from battle_healer_mock.answer import Answer, Failure, Reply, retry_after
from battle_healer_mock.errors import BadInputError
from battle_healer_mock.regions import BY_NAME, path_of

MAINTENANCE_S: Final = 600.0

# Kinds of refusal that nothing may change: no resend, no other body, region or credential.
FINAL_STATUSES: Final = (400, 404, 405, 413, 415)


def is_final(answer: Answer) -> bool:
    """Whether a call is over once this answer is sent: a whole success, or no cure exists."""
    if isinstance(answer, Reply):
        return answer.complete
    if not isinstance(answer, Failure):
        return False
    if answer.kind == "gone":
        return answer.cure is None
    return answer.status in FINAL_STATUSES or answer.kind == "key-reused"


def bad_input(error: BadInputError, kind: str = "bad-input") -> Failure:
    """A 400 that names the item, lists what is known, and gives the nearest name."""
    members: dict[str, object] = {"where": error.where, "fix": error.fix}
    if error.known:
        members |= {"known": list(error.known), "nearest": error.nearest}
    title = "Bad trigger" if kind == "bad-trigger" else "Bad input"
    return Failure(400, kind, title, str(error), members=members)


def unknown_region(error: BadInputError) -> Failure:
    """A 404 for a path under a region that does not exist."""
    members = {"known": list(error.known), "nearest": error.nearest}
    return Failure(404, "unknown-region", "Unknown region", str(error), members=members)


def too_large(most_bytes: int) -> Failure:
    """A 413 that says how much is read."""
    return Failure(
        413, "too-large", "Body too large", f"At most {most_bytes} bytes are read.",
        headers=(("Connection", "close"),), members={"limit_bytes": most_bytes},
    )  # fmt: skip


def method_not_allowed(method: str, allowed: str) -> Failure:
    """A 405 that lists the methods of the path."""
    return Failure(
        405, "method-not-allowed", "Method not allowed", f"{method} is none of {allowed}.",
        headers=(("Allow", allowed),),
    )  # fmt: skip


def region_unavailable(region: str, state: str, members: dict[str, object]) -> Failure:
    """The refusal of a region that is set down, in maintenance or gone."""
    if state == "gone":
        return gone(region, BY_NAME[region].successor, members)
    wait_s = MAINTENANCE_S if state == "maintenance" else 30.0
    word = "in maintenance" if state == "maintenance" else "down"
    kind = "maintenance" if state == "maintenance" else "region-down"
    return Failure(
        503, kind, f"Region is {word}", f"Region {region} is {word}.",
        headers=(retry_after(wait_s),), members=members, wait_s=wait_s, cure="region",
    )  # fmt: skip


def gone(region: str, successor: str | None, members: dict[str, object]) -> Failure:
    """A 410 that links to where the region's clients belong, if there is such a place."""
    link = f'<{path_of(successor)}>; rel="successor-version"' if successor else ""
    return Failure(
        410, "gone", "Region is gone", f"Region {region} was closed for good.",
        headers=(("Link", link),) if link else (),
        members={**members, "successor": successor}, cure="region" if successor else None,
    )  # fmt: skip


def no_token() -> Failure:
    """A 401 for a request without credentials. Source: RFC 6750, section 3.1."""
    return Failure(
        401, "token-missing", "Authentication required", "Send Authorization: Bearer TOKEN.",
        headers=(("WWW-Authenticate", 'Bearer realm="mock"'),), cure="credential",
    )  # fmt: skip


def unknown_token() -> Failure:
    """A 401 for a token that nobody issued."""
    said = 'Bearer realm="mock", error="invalid_token", error_description="The token is unknown"'
    return Failure(
        401, "token-invalid", "Invalid token", "The access token was never issued.",
        headers=(("WWW-Authenticate", said),), members={"error": "invalid_token"}, cure="refresh",
    )  # fmt: skip


def blocked() -> Failure:
    """A 403 for a credential that is good for nothing here."""
    return Failure(
        403, "blocked", "Forbidden", "This credential is blocked.", cure="credential"
    )  # fmt: skip


def throttled(wait_s: float) -> Failure:
    """A 429 for a credential that makes too many calls in its window."""
    return Failure(
        429, "rate-limited", "Too many requests", "This token makes too many calls.",
        headers=(retry_after(wait_s),), wait_s=wait_s, cure="wait",
    )  # fmt: skip


def not_json(reason: str) -> Failure:
    """A 400 for a body that claims to be JSON, or could be, and is not."""
    return Failure(400, "not-json", "The body is not JSON", reason)


def unsupported_media_type(given: str) -> Failure:
    """A 415 for a body in another format."""
    return Failure(
        415, "unsupported-media-type", "Unsupported media type",
        f"The body must be application/json, not {given[:80]!r}.",
        headers=(("Accept", "application/json"),),
    )  # fmt: skip


def bad_key() -> Failure:
    """A 400 for an idempotency key that is none."""
    return Failure(
        400, "bad-idempotency-key", "Bad Idempotency-Key",
        "The key must be 1 to 255 visible characters, quoted or bare.",
    )  # fmt: skip


def key_in_progress() -> Failure:
    """A 409 while the first request with the key still runs."""
    return Failure(
        409, "in-progress", "Request in progress",
        "The first request with this Idempotency-Key is still being processed.",
        headers=(retry_after(1.0),), told="maybe", wait_s=1.0, cure="wait",
    )  # fmt: skip


def key_reused() -> Failure:
    """A 422 for a key that was used with another payload."""
    return Failure(
        422, "key-reused", "Idempotency key reused",
        "This Idempotency-Key was used with another payload; use a new key for a new request.",
    )  # fmt: skip
