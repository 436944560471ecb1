"""What a status alone means, where nothing in the reply says it better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from battle_healer.model import Kind, Processed

_CLIENT: Final = 400
_SERVER: Final = 500


@dataclass(frozen=True, slots=True)
class Status:
    """The meaning of one status. field: the header that it blames by definition, or ""."""

    code: int
    kind: Kind
    processed: Processed
    source: str
    field: str = ""


STATUSES: Final[tuple[Status, ...]] = (
    Status(301, Kind.REDIRECTED, "no", "RFC 9110, 15.4.2"),
    Status(302, Kind.REDIRECTED, "maybe", "RFC 9110, 15.4.3"),
    Status(303, Kind.REDIRECTED, "maybe", "RFC 9110, 15.4.4"),
    Status(307, Kind.REDIRECTED, "no", "RFC 9110, 15.4.8"),
    Status(308, Kind.REDIRECTED, "no", "RFC 9110, 15.4.9"),
    Status(401, Kind.CREDENTIAL_INVALID, "no", "RFC 9110, 15.5.2"),
    Status(402, Kind.PAYMENT_REQUIRED, "no", "RFC 9110, 15.5.3"),
    Status(403, Kind.PERMISSION_DENIED, "no", "RFC 9110, 15.5.4"),
    Status(404, Kind.NOT_FOUND, "no", "RFC 9110, 15.5.5"),
    Status(405, Kind.NOT_SUPPORTED, "no", "RFC 9110, 15.5.6"),
    Status(406, Kind.NOT_SUPPORTED, "no", "RFC 9110, 15.5.7"),
    Status(407, Kind.CREDENTIAL_INVALID, "no", "RFC 9110, 15.5.8"),
    # The server gave up waiting for the request; a proxy may have passed on what there was.
    Status(408, Kind.UNAVAILABLE, "maybe", "RFC 9110, 15.5.9"),
    Status(409, Kind.CONFLICT, "no", "RFC 9110, 15.5.10"),
    Status(410, Kind.NOT_FOUND, "no", "RFC 9110, 15.5.11"),
    Status(411, Kind.INVALID_REQUEST, "no", "RFC 9110, 15.5.12", "content-length"),
    Status(412, Kind.CONFLICT, "no", "RFC 9110, 15.5.13"),
    Status(413, Kind.TOO_LARGE, "no", "RFC 9110, 15.5.14"),
    Status(414, Kind.TOO_LARGE, "no", "RFC 9110, 15.5.15"),
    Status(415, Kind.NOT_SUPPORTED, "no", "RFC 9110, 15.5.16"),
    # The request reached a server that is not its own: it may be repeated on another connection.
    Status(421, Kind.UNAVAILABLE, "no", "RFC 9110, 15.5.20"),
    Status(423, Kind.CONFLICT, "no", "RFC 4918, 11.3"),
    Status(424, Kind.CONFLICT, "no", "RFC 4918, 11.4"),
    Status(425, Kind.UNAVAILABLE, "no", "RFC 8470, 5.2"),
    Status(426, Kind.NOT_SUPPORTED, "no", "RFC 9110, 15.5.22"),
    Status(428, Kind.INVALID_REQUEST, "no", "RFC 6585, 3", "if-match"),
    Status(429, Kind.RATE_LIMITED, "no", "RFC 6585, 4"),
    Status(431, Kind.TOO_LARGE, "no", "RFC 6585, 5"),
    Status(451, Kind.PERMISSION_DENIED, "no", "RFC 7725"),
    Status(501, Kind.NOT_SUPPORTED, "no", "RFC 9110, 15.6.2"),
    Status(502, Kind.UNAVAILABLE, "maybe", "RFC 9110, 15.6.3"),
    Status(503, Kind.UNAVAILABLE, "maybe", "RFC 9110, 15.6.4"),
    Status(504, Kind.UNAVAILABLE, "maybe", "RFC 9110, 15.6.5"),
    Status(505, Kind.NOT_SUPPORTED, "no", "RFC 9110, 15.6.6"),
    Status(511, Kind.UNAVAILABLE, "maybe", "RFC 6585, 6"),
    *(
        Status(code, Kind.UNAVAILABLE, "maybe", "gateways' own 5xx codes")
        for code in (*range(520, 528), 529, 530, 598, 599)
    ),
)
_BY_CODE: Final = {row.code: row for row in STATUSES}


def of_status(code: int) -> Status:
    """The row of a status, else that of its class. Below 400 only the redirects have one."""
    row = _BY_CODE.get(code)
    if row is not None:
        return row
    if code >= _SERVER:
        return Status(code, Kind.SERVER_ERROR, "maybe", "RFC 9110, 15.6")
    if code >= _CLIENT:
        return Status(code, Kind.INVALID_REQUEST, "no", "RFC 9110, 15.5")
    return Status(code, Kind.UNKNOWN, "maybe", "no failure by its status")


def is_redirect(code: int) -> bool:
    """Whether a status sends the client elsewhere."""
    row = _BY_CODE.get(code)
    return row is not None and row.kind is Kind.REDIRECTED
