"""The validator behind `contract`: jsonschema, kept from the network and from endless patterns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend, validator_for
from referencing import Registry

if TYPE_CHECKING:
    from battle_healer.rules import Schema

# A hostile text must not make one of the contract's own patterns run for minutes.
_MOST_MATCHED: Final = 4_096
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]{1,63}(?:\.[^@\s.]{1,63}){0,8}")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_DATE_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)"
)
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class Compiled:
    """One contract, ready to be asked. Formats that we know are asserted, others are not."""

    __slots__ = ("_validator",)

    def __init__(self, schema: Schema) -> None:
        # The stubs of jsonschema leave `extend` and the instance's type open.
        of_schema = cast(Any, extend)(
            validator_for(schema, default=Draft202012Validator), {"pattern": _pattern}
        )
        # An explicit registry that holds nothing remote: the default one would fetch.
        self._validator: Any = of_schema(
            dict(schema), registry=Registry(), format_checker=_formats()
        )

    def is_valid(self, value: object) -> bool:
        """Whether nothing is wrong with the value."""
        return bool(self._validator.is_valid(value))

    def errors(self, value: object) -> Iterator[ValidationError]:
        """What is wrong with the value, one by one."""
        yield from self._validator.iter_errors(value)


def has_format(name: str, text: str) -> bool:
    """Whether a text has a format; True for a format that we do not know."""
    check = _FORMATS.get(name)
    return check is None or check(text)


def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, check in _FORMATS.items():
        checker.checks(name)(_on_text(check))
    return checker


def _pattern(
    validator: object, pattern: str, instance: object, schema: object
) -> Iterator[ValidationError]:
    if not isinstance(instance, str):
        return
    if len(instance) > _MOST_MATCHED or not re.search(pattern, instance):
        yield ValidationError(f"does not match {pattern!r}")


def _on_text(check: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or check(value)


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


_FORMATS: Final[dict[str, Callable[[str], bool]]] = {
    "date": lambda text: bool(_DATE.fullmatch(text)) and _reads(date.fromisoformat, text),
    "date-time": lambda text: (
        bool(_DATE_TIME.fullmatch(text)) and _reads(datetime.fromisoformat, text.upper())
    ),
    "email": lambda text: bool(_EMAIL.fullmatch(text)),
    "uuid": lambda text: bool(_UUID.fullmatch(text)) and _reads(UUID, text),
}
