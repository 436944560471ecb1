"""A request as it arrived: region off the path, header names in lower case."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from battle_healer_mock.errors import BadInputError, unknown_name
from battle_healer_mock.regions import HOME, REGION_NAMES

Scope = MutableMapping[str, Any]

_READ: Final = {
    name.encode(): name
    for name in (
        "accept",
        "authorization",
        "content-length",
        "content-type",
        "healer-call",
        "idempotency-key",
        "if-match",
        "traceparent",
        "transfer-encoding",
        "x-correlation-id",
        "x-simulate-failure",
    )
}


@dataclass(slots=True)
class Request:
    """All of a request but its body. `route` is the path without its region.

    headers: those that the server reads, names in lower case.

    A value: not frozen for the reason that answer.py gives.
    """

    method: str
    route: str
    region: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    client: str

    @property
    def bearer(self) -> str | None:
        """The token after `Bearer`, None where there is none. Source: RFC 6750, section 2.1."""
        authorization = self.headers.get("authorization")
        if authorization is None:
            return None
        scheme, _, token = authorization.partition(" ")
        return token.strip() or None if scheme.lower() == "bearer" else None

    @property
    def has_body(self) -> bool:
        """Whether it announces a body; what does not, has none. Source: RFC 9112, section 6.3."""
        return "content-length" in self.headers or "transfer-encoding" in self.headers


def read_request(scope: Scope) -> Request:
    """The request of an ASGI scope. Raises BadInputError for a region that does not exist."""
    client = scope.get("client") or ("", 0)
    return _request(
        scope["method"], scope["path"], scope["query_string"], scope["headers"], str(client[0])
    )


def plain_request(
    method: str, target: bytes, headers: list[tuple[bytes, bytes]], client: str
) -> Request | None:
    """The same of a target as it stands in the request line; None for one that is not plain."""
    path, _, query = target.partition(b"?")
    if not path.startswith(b"/") or b"%" in path or b"#" in target:
        return None
    try:
        return _request(method, path.decode("ascii"), query, headers, client)
    except (BadInputError, UnicodeDecodeError):
        return None


def _request(
    method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], client: str
) -> Request:
    region = HOME
    if path.startswith("/regions/"):
        region, _, rest = path.removeprefix("/regions/").partition("/")
        path = f"/{rest}"
        if region not in REGION_NAMES:
            raise unknown_name("region", region, "path", REGION_NAMES)
    pairs = dict(parse_qsl(query.decode("latin-1"))) if query else {}
    return Request(method, path, region, _headers(headers), pairs, client)


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """The fields that the server reads, as text; those of one name become a list.

    Source: RFC 9110, section 5.3. Of the others nothing is kept, which is half of the work.
    """
    if len(dict(raw)) == len(raw):
        return {_READ[name]: value.decode("latin-1") for name, value in raw if name in _READ}
    headers: dict[str, str] = {}
    for name, value in raw:
        if name in _READ:
            key, text = _READ[name], value.decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
