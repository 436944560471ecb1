"""Reads the body of a charge and names every defect, with a hint where one is certain."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final, cast

from battle_healer_mock.chance import text_digest
from battle_healer_mock.errors import nearest_name
from battle_healer_mock.schemas import CHARGE_REQUEST

Json = dict[str, object]

FIELDS: Final = tuple(CHARGE_REQUEST["properties"])
REQUIRED: Final = tuple(CHARGE_REQUEST["required"])
# Names of an older version of this API, hinted as renames.
OLD_NAMES: Final = {"txn_id": "transactionId", "amt_value": "amount"}
_MOST_DIGESTS: Final = 64
_MOST_POINTER: Final = 80
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing wrong with a body. `hint` is the JSON Patch operation that mends it, or None."""

    pointer: str
    code: str
    detail: str
    hint: Mapping[str, object] | None = None
    more: Mapping[str, object] | None = None

    def as_json(self) -> Json:
        """The member of `errors` in a problem document."""
        shown: Json = {"pointer": self.pointer, "code": self.code, "detail": self.detail}
        if self.hint is not None:
            shown["hint"] = dict(self.hint)
        return shown | dict(self.more or {})


def pointer(name: str) -> str:
    """The JSON Pointer of a top-level field. Source: RFC 6901, section 3."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


_CANONICAL: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
)
_encoded: Final = json.encoder.encode_basestring


def canonical(value: object) -> str:
    """JSON text that is equal for equal values: sorted names, no blanks."""
    # Most values are texts and numbers, and the encoder takes long to come to what writes them.
    if type(value) is str:
        return _encoded(value)
    return repr(value) if type(value) is int else _CANONICAL.encode(value)


def field_digests(value: object) -> dict[str, str]:
    """One digest per top-level value of a body, by pointer; of the first 64, since all are kept.

    Raises ValueError for what JSON cannot write.
    """
    if not isinstance(value, dict):
        return {}
    fields = islice(cast("Json", value).items(), _MOST_DIGESTS)
    return {short(pointer(name)): text_digest(canonical(part)) for name, part in fields}


def short(pointer: str) -> str:
    """A pointer as rows keep it: what a client calls its fields may be a megabyte long."""
    return pointer[:_MOST_POINTER]


def replace(name: str, value: object) -> Json:
    """The JSON Patch operation that sets a field."""
    return {"op": "replace", "path": pointer(name), "value": value}


def rename(old: str, new: str) -> Json:
    """The JSON Patch operation that renames a field."""
    return {"op": "move", "from": pointer(old), "path": pointer(new)}


def remove(name: str) -> Json:
    """The JSON Patch operation that drops a field."""
    return {"op": "remove", "path": pointer(name)}


def defects(body: object) -> tuple[Defect, ...]:
    """All defects of a charge's body, in the order of its fields; empty when it is good."""
    if not isinstance(body, dict):
        return (Defect("", "type", "The body must be a JSON object."),)
    fields = cast("Json", body)
    unknown = [name for name in fields if name not in FIELDS]
    renames = _renames(fields) if unknown else {}
    found = [_unknown(name, renames) for name in unknown]
    for name in REQUIRED:
        if name not in fields and name not in renames.values():
            found.append(Defect(pointer(name), "missing", f"{name!r} is required."))
    for name, check in _CHECKS.items():
        if name in fields and (defect := check(name, fields[name])) is not None:
            found.append(defect)
    return tuple(found)


def _renames(fields: Json) -> dict[str, str]:
    """Which unknown names stand for which known field that the body lacks."""
    free = [name for name in FIELDS if name not in fields]
    chosen: dict[str, str] = {}
    for name in fields:
        if name in FIELDS:
            continue
        target = OLD_NAMES.get(name) or nearest_name(name, free)
        if target is not None and target in free:
            chosen[name] = target
            free.remove(target)
    return chosen


def _unknown(name: str, renames: Mapping[str, str]) -> Defect:
    target = renames.get(name)
    if target is None:
        return Defect(pointer(name), "unknown", f"{name[:80]!r} is not a field.", remove(name))
    detail = f"{name[:80]!r} is not a field; its name is {target!r}."
    return Defect(pointer(name), "rename", detail, rename(name, target))


def _transaction(name: str, value: object) -> Defect | None:
    if not isinstance(value, str):
        hint = replace(name, str(value)) if _is_number(value) else None
        more = {"expected": "string"}
        return Defect(pointer(name), "type", f"{name!r} must be a string.", hint, more)
    if not 1 <= len(value) <= CHARGE_REQUEST["properties"][name]["maxLength"]:
        return Defect(pointer(name), "length", f"{name!r} must have 1 to 128 characters.")
    return None


def _amount(name: str, value: object) -> Defect | None:
    if not _is_number(value):
        number = _spelled_number(value)
        hint = None if number is None else replace(name, number)
        more = {"expected": "number"}
        return Defect(pointer(name), "type", f"{name!r} must be a number.", hint, more)
    if not cast("float", value) > 0:
        return Defect(pointer(name), "range", f"{name!r} must be more than 0.")
    return None


def _currency(name: str, value: object) -> Defect | None:
    if isinstance(value, str) and _CURRENCY.fullmatch(value):
        return None
    upper = value.strip().upper() if isinstance(value, str) else ""
    hint = replace(name, upper) if _CURRENCY.fullmatch(upper) else None
    more = {"expected": "string", "pattern": "^[A-Z]{3}$"}
    return Defect(pointer(name), "format", f"{name!r} must be an ISO 4217 code.", hint, more)


def _note(name: str, value: object) -> Defect | None:
    if isinstance(value, str) and len(value) <= CHARGE_REQUEST["properties"][name]["maxLength"]:
        return None
    more = {"expected": "string"}
    return Defect(pointer(name), "type", f"{name!r} must be text of at most 500.", None, more)


_CHECKS: Final[dict[str, Callable[[str, object], Defect | None]]] = {
    "transactionId": _transaction,
    "amount": _amount,
    "currency": _currency,
    "note": _note,
}


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value)


def _spelled_number(value: object) -> object:
    """The number that a text spells as JSON spells one, else None: nothing is guessed."""
    if not isinstance(value, str):
        return None
    try:
        number: object = json.loads(value)
    except ValueError:
        return None
    return number if _is_number(number) else None
