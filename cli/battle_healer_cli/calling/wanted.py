"""What somebody typed, checked and turned into one request."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from battle_healer_cli.addresses import checked_url
from battle_healer_cli.complaints import UsageError

WHERE: Final = "healer call"
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_METHOD: Final = re.compile(r"[A-Za-z]{1,32}")

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request as it was typed, checked. body: None for none."""

    method: str
    url: str
    headers: tuple[Header, ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Typed:
    """The parts of a request as they were typed. data, json_body: text, `@FILE`, or `@-`."""

    method: str
    url: str
    headers: tuple[str, ...] = field(default=(), repr=False)
    data: str | None = field(default=None, repr=False)
    json_body: str | None = field(default=None, repr=False)
    key: str | None = None
    simulate: str | None = None

    def checked(self) -> Wanted:
        """The request, or UsageError for the first thing that cannot be meant."""
        if not _METHOD.fullmatch(self.method):
            raise UsageError(f"{_shown(self.method)} is no method", WHERE, "Write GET, POST, ...")
        url = checked_url(self.url, WHERE, named=True)
        body, kind = self._body()
        headers = [_header(text) for text in self.headers]
        given = {name.lower() for name, _ in headers}
        more = {"Content-Type": kind, "Idempotency-Key": self.key}
        more["X-Simulate-Failure"] = self.simulate
        for name, value in more.items():
            if value is not None and name.lower() not in given:
                headers.append((name, _value(name, value)))
        return Wanted(self.method.upper(), url, tuple(headers), body)

    def _body(self) -> tuple[bytes | None, str | None]:
        """The body and its usual content type."""
        if self.data is not None and self.json_body is not None:
            raise UsageError("both -d and --json-body", WHERE, "Keep one of them.")
        if self.json_body is not None:
            return _json(_read(self.json_body, "--json-body")), "application/json"
        if self.data is not None:
            return _read(self.data, "-d"), "application/x-www-form-urlencoded"
        return None, None


def _header(text: str) -> Header:
    name, colon, value = text.partition(":")
    if not colon or not _NAME.fullmatch(name):
        raise UsageError(
            f"{_shown(name)} is no header", f"{WHERE} -H", "Write -H 'Name: value', one a header."
        )
    return name, _value(name, value.strip(" \t"))


def _value(name: str, value: str) -> str:
    if any(character in value for character in "\r\n\0"):
        raise UsageError(
            f"a line end in the value of {name}", f"{WHERE} -H", "A header is one line; remove it."
        )
    if not all(character.isprintable() or character == "\t" for character in value):
        raise UsageError(f"a control character in the value of {name}", f"{WHERE} -H", "Remove it.")
    if not value.isascii():
        raise UsageError(
            f"the value of {name} is not ASCII", f"{WHERE} -H", "Encode it, e.g. percent-encoded."
        )
    return value


def _read(text: str, option: str) -> bytes:
    if not text.startswith("@"):
        return text.encode("utf-8", "surrogateescape")
    if text == "@-":
        return sys.stdin.buffer.read()
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        fix = f"Write the text itself, or {option} @FILE."
        raise UsageError(
            f"cannot read {_shown(text[1:])}: {error.strerror}", f"{WHERE} {option}", fix
        ) from error


def _json(body: bytes) -> bytes:
    """The body as it was typed, once it is sure that it is JSON."""
    where, fix = f"{WHERE} --json-body", "Mend it, or send it as it is with -d."
    try:
        json.loads(body, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise UsageError("the body is not UTF-8", where, "Save it as UTF-8.") from error
    except json.JSONDecodeError as error:
        what = f"the body is no JSON: {error.msg} at line {error.lineno} column {error.colno}"
        raise UsageError(what, where, fix) from error
    except (ValueError, RecursionError) as error:
        raise UsageError("the body is no JSON that every reader takes", where, fix) from error
    return body


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _shown(text: str) -> str:
    return ascii(text[:80])
