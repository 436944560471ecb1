"""Addresses that people type: checked before anything is sent."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from battle_healer_cli.complaints import UsageError

_NAMED: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*:/(?!/)")


def checked_url(text: str, where: str, *, named: bool = False) -> str:
    """`text`, if it is an absolute http URL. Raises UsageError.

    named: `payments:/charges`, a path of a destination of the policy, is fine too.
    """
    if named and (_NAMED.match(text) or text.startswith("healer://")):
        return text
    shown = ascii(text[:120])
    if any(character.isspace() or not character.isprintable() for character in text):
        raise UsageError(
            f"a blank or control character in the URL {shown}", where, "Write it percent-encoded."
        )
    if not re.match(r"https?://", text, re.IGNORECASE):
        bare = text.rpartition("://")[2].lstrip("/") or "api.example"
        scheme = "http" if re.match(r"(localhost|127\.|\[)", bare) else "https"
        fix = f"Write {scheme}://{bare[:120].encode('unicode_escape').decode()}"
        what = "is no URL with a scheme" if "://" not in text else "is neither http nor https"
        raise UsageError(f"{shown} {what}", where, fix)
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError as error:
        raise UsageError(f"{shown} is no URL: {error}", where, "Write https://host/path") from error
    if not parts.hostname or not port_is_fine:
        raise UsageError(f"{shown} names no host", where, "Write https://host/path")
    return text


def origin_of(url: str) -> str:
    """Scheme, host and port of a checked URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def is_loopback(url: str) -> bool:
    """Whether the host of a checked URL is this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
