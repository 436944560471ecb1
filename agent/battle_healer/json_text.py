"""JSON text read and written so that what nobody changes stays as it was spelled.

`10.10` stays `10.10` and `15` stays `15`: money is compared by eye, and signed by bytes.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import Any, Final, NoReturn, final

_MOST_DEPTH: Final = 100


@final
class Spelled(float):
    """A number that remembers its text; equal to, and usable as, the float."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> Spelled:
        """Read a number as JSON spells one. Raises ValueError."""
        number = super().__new__(cls, text)
        number.text = text
        return number


def loads(body: bytes | str) -> Any:
    """The value of a JSON text: UTF-8 where bytes, one value, no duplicate names, no NaN.

    Raises ValueError where it is none, or is nested too deeply to be handled with care.
    """
    text = body.decode("utf-8-sig") if isinstance(body, bytes) else body
    try:
        value = json.loads(
            text, parse_float=Spelled, parse_constant=_no_constant, object_pairs_hook=_no_duplicates
        )
    except RecursionError as error:
        raise ValueError("the JSON text is nested too deeply") from error
    _check_depth(value)
    return value


def dumps(value: Any) -> bytes:
    """UTF-8 JSON text of a value; compact, members in their order, nothing escaped needlessly."""
    return "".join(_parts(value)).encode("utf-8", "surrogatepass")


def number_text(value: float) -> str:
    """A number as it was spelled, or as JSON spells it."""
    return value.text if isinstance(value, Spelled) else json.dumps(value)


def _parts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [encode_basestring(value)]
    if isinstance(value, bool) or value is None:
        return [json.dumps(value)]
    if isinstance(value, int | float):
        return [number_text(value)]
    parts = []
    if isinstance(value, dict):
        for name, member in value.items():
            parts += [",", encode_basestring(name), ":", *_parts(member)]
        return ["{", *parts[1:], "}"]
    for item in value:
        parts += [",", *_parts(item)]
    return ["[", *parts[1:], "]"]


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("the JSON text names a member twice")
    return members


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_MOST_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise ValueError("the JSON text is nested too deeply")


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
