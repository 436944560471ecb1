"""The forms that text in a policy must have: each a pattern, what is wrong, and what is right."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True, slots=True)
class Form:
    """Text that fits `pattern` as a whole.

    what: completes "url is …"; it never repeats the text, which may be a secret. fix: what
    would be right.
    """

    pattern: str
    what: str
    fix: str

    def check(self, text: str) -> str:
        """Return the text as it is. Raises what pydantic turns into an error of kind `form`."""
        if not re.fullmatch(self.pattern, text):
            raise PydanticCustomError("form", "{what}", {"what": self.what, "fix": self.fix})
        return text

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check after the type."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Tell editors the pattern too."""
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}


Name = Annotated[
    str,
    Form(
        r"[A-Za-z][A-Za-z0-9_.-]{0,63}",
        "not a name of letters, digits, `_`, `.` and `-`, at most 64 long",
        "Begin with a letter, as in `payments`.",
    ),
]
HeaderName = Annotated[
    str,
    Form(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", "not a header's name", "Write it like X-Api-Key."),
]
_SEGMENT = r"([^\s?#/{}]+|\{[A-Za-z0-9_]+\})"
Match = Annotated[
    str,
    Form(
        rf"([A-Z]{{1,20}}|\*) /({_SEGMENT}(/{_SEGMENT})*)?",
        "not of the form `METHOD /path`",
        "Write an upper-case method (or *) and a path, as in `POST /charges/{id}`.",
    ),
]
Pointer = Annotated[
    str,
    Form(
        r"(/([^~/]|~[01])*)+",
        "not a JSON Pointer",
        "Begin with a slash, as in /amount or /items/0/price (RFC 6901).",
    ),
]
EnvName = Annotated[
    str,
    Form(
        r"[A-Za-z_][A-Za-z0-9_]{0,127}",
        "not the name of an environment variable",
        "Write the variable's name, as in {env: PAY_TOKEN}, never the token itself.",
    ),
]
Duration = Annotated[
    str, Form(r"[0-9]{1,6}(ms|s|m|h|d)", "not a duration", "Write it like 30s, 24h or 14d.")
]
Rate = Annotated[str, Form(r"[0-9]{1,6}/(s|m|h|d)", "not a rate", "Write it like 50/s.")]
Scheme = Annotated[
    str, Form(r"[A-Za-z0-9-]{0,40}", "not an authentication scheme", "Write it like Bearer.")
]
Currency = Annotated[
    str, Form(r"[A-Z]{3}", "not a currency", "Write its ISO 4217 code, as in EUR.")
]
