"""Region URLs in the one spelling that destinations are found by."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

_HOST: Final = re.compile(r"\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class AddressError(ValueError):
    """A URL cannot be a region. `what` and `fix` never repeat the URL: it may hold a password."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what, fix)
        self.what, self.fix = what, fix


def region_url(url: str, base: str | None = None) -> str:
    """URL of a region: lower-case scheme and host, no default port, no trailing slash.

    base: the origin that a relative URL ("/", "/regions/eu") is applied to; None where relative
    ones are not allowed. Raises AddressError.
    """
    if "?" in url or "#" in url:
        raise AddressError("a query or fragment in a region URL", "End the URL with its path.")
    if url.startswith("/"):
        if base is None:
            raise AddressError(
                "a relative URL", "Write it whole, with scheme and host: https://api.example."
            )
        return origin_of(base) + _path(url)
    parts = _split(url)
    return _origin(parts) + _path(parts.path)


def origin_of(url: str) -> str:
    """Scheme, host and port of an absolute URL, in lower case. Raises AddressError."""
    return _origin(_split(url))


def target_url(target: str) -> str:
    """Spell the target of a token call: a path as it is, a URL with its origin as regions have it.

    Raises AddressError.
    """
    if target.startswith("/") and not target.startswith("//"):
        return target
    parts = _split(target)
    return _origin(parts) + parts.path + (f"?{parts.query}" if parts.query else "")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise AddressError("not a URL", "Write it like https://api.example:8443/v1.") from None
    if parts.scheme.lower() not in _DEFAULT_PORTS or "://" not in url:
        raise AddressError(
            "a URL without scheme http or https", "Write it whole: https://api.example."
        )
    if "@" in parts.netloc:
        raise AddressError(
            "a user name or password in a URL",
            "Remove it, and declare a credential instead: token: {env: NAME}.",
        )
    return parts


def _origin(parts: SplitResult) -> str:
    scheme = parts.scheme.lower()
    host, port = parts.netloc.lower(), ""
    if parts.port is not None or host.endswith(":"):
        host = host.rpartition(":")[0]
    if parts.port is not None and parts.port != _DEFAULT_PORTS[scheme]:
        port = f":{parts.port}"
    if not _HOST.fullmatch(host):
        raise AddressError("a URL without a usable host", "Write the host in ASCII (punycode).")
    return f"{scheme}://{host}{port}"


def _path(path: str) -> str:
    if not path.isascii() or not path.isprintable() or " " in path or "\\" in path:
        raise AddressError("a path with characters that a URL cannot hold", "Percent-encode them.")
    segments = path.split("/")
    if "." in segments or ".." in segments or "" in segments[1:-1]:
        raise AddressError("a path with `//`, `/./` or `/../`", "Write the path that is meant.")
    return path.rstrip("/")
