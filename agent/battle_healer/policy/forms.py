"""The forms that text in a policy must have: each a pattern, what is wrong, and what is right."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError


def fits(pattern: str, what: str, fix: str) -> AfterValidator:
    """Text that fits `pattern`; what and fix complete "healer.yaml:3: … ." without the value."""
    form = re.compile(pattern)

    def check(text: str) -> str:
        if not form.fullmatch(text):
            raise PydanticCustomError("form", "{what}", {"what": what, "fix": fix})
        return text

    return AfterValidator(check)


Name = Annotated[
    str,
    fits(
        r"[A-Za-z][A-Za-z0-9_.-]{0,63}",
        "a name with other characters than letters, digits, `_`, `.` and `-`, or longer than 64",
        "Begin with a letter, as in `payments`.",
    ),
]
HeaderName = Annotated[
    str,
    fits(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", "not a header's name", "Write it like X-Api-Key."),
]
_SEGMENT = r"([^\s?#/{}]+|\{[A-Za-z0-9_]+\})"
Match = Annotated[
    str,
    fits(
        rf"([A-Z]{{1,20}}|\*) /({_SEGMENT}(/{_SEGMENT})*)?",
        "not of the form `METHOD /path`",
        "Write an upper-case method (or *) and a path, as in `POST /charges/{id}`.",
    ),
]
Pointer = Annotated[
    str,
    fits(
        r"(/([^~]|~[01])*)+",
        "not a JSON Pointer",
        "Begin with a slash, as in /amount or /items/0/price (RFC 6901).",
    ),
]
EnvName = Annotated[
    str,
    fits(
        r"[A-Za-z_][A-Za-z0-9_]{0,127}",
        "not the name of an environment variable",
        "Write the variable's name, as in {env: PAY_TOKEN}, never the token itself.",
    ),
]
Duration = Annotated[
    str, fits(r"[0-9]{1,6}(ms|s|m|h|d)", "not a duration", "Write it like 30s, 24h or 14d.")
]
Rate = Annotated[str, fits(r"[0-9]{1,6}/(s|m|h|d)", "not a rate", "Write it like 50/s.")]
Scheme = Annotated[
    str, fits(r"[A-Za-z0-9-]{0,40}", "not an authentication scheme", "Write it like Bearer.")
]
