"""What a contract (a JSON Schema) has to say about a value.

The validator is opened when the first contract is used, and compiled contracts are kept. A
remote `$ref` is never fetched: it is a defect of the contract.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from battle_healer.pointers import join

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

    from battle_healer.json_schema import Compiled
    from battle_healer.rules import Schema

_MOST_PROBLEMS: Final = 50
_MOST_KEPT: Final = 256

_kept: dict[int, tuple[Schema, Compiled]] = {}


def meets(schema: Schema, value: object) -> bool:
    """Whether a value is what the contract describes; False where the contract is unusable."""
    try:
        return _compiled(schema).is_valid(value)
    except Exception:
        # Whatever is wrong with a contract, what it should have checked is not verified (I6).
        return False


def problems(schema: Schema, value: object) -> tuple[str, ...]:
    """What is wrong with a value, a line each with its pointer, at most 50; () for nothing.

    The lines name rules, never the value: a value may be secret.
    """
    try:
        return tuple(f"{_pointer(error)}: {_says(error)}" for error in errors(schema, value))
    except Exception as error:
        return (f"the contract itself cannot be applied ({type(error).__name__})",)


def errors(schema: Schema, value: object) -> list[ValidationError]:
    """The violations, at most 50. Raises what an unusable contract makes the validator raise."""
    return list(islice(_compiled(schema).errors(value), _MOST_PROBLEMS))


def _compiled(schema: Schema) -> Compiled:
    kept = _kept.get(id(schema))
    if kept is not None and kept[0] is schema:
        return kept[1]
    from battle_healer.json_schema import Compiled  # noqa: PLC0415 -- slow, and only with a contract

    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    made = Compiled(schema)
    # The schema itself is kept beside it, so that its id cannot pass to another one.
    _kept[id(schema)] = (schema, made)
    return made


def _pointer(error: ValidationError) -> str:
    return join(error.absolute_path) or "/"


def _says(error: ValidationError) -> str:
    rule = error.validator_value
    if error.validator == "required" and isinstance(rule, list):
        gone = [n for n in rule if isinstance(error.instance, dict) and n not in error.instance]
        return f"required {', '.join(gone)}"
    shown = f" {rule}" if isinstance(rule, str | int | float) else ""
    return f"{error.validator}{shown}"
