"""What the `repair` fault can demand of a good body: rows of how to see it met and undo it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from battle_healer_mock.charge import Defect, Json, pointer, remove, rename, replace

Kind = Literal["rename", "retype", "unknown", "enum", "format"]

# `currency` is left alone: clients protect it, so a demand on it would have no cure.
NEW_NAMES: Final = {
    "transactionId": "transactionReference",
    "amount": "amountValue",
    "note": "memo",
}


@dataclass(frozen=True, slots=True)
class Demand:
    """One change that the server wants, and how the body looked before it.

    name: the field as the published schema calls it. usual: its value there. wanted: the name
    or value demanded instead; None where the field is to go.
    """

    kind: Kind
    name: str
    usual: object
    wanted: object
    detail: str
    more: Mapping[str, object] = field(default_factory=dict)

    def undo(self, body: Json) -> Json | None:
        """The body as the published schema has it, or None when the demand is not met."""
        if self.kind == "rename":
            name = str(self.wanted)
            if self.name in body or name not in body:
                return None
            return {self.name if key == name else key: value for key, value in body.items()}
        if self.kind == "unknown":
            return None if self.name in body else {self.name: self.usual, **body}
        if self.name not in body or body[self.name] != self.wanted:
            return None
        return {**body, self.name: self.usual}

    def defect(self, body: Json) -> Defect:
        """What to tell a client whose body does not meet the demand."""
        if self.kind == "rename":
            hint = rename(self.name, str(self.wanted))
        elif self.kind == "unknown":
            hint = remove(self.name)
        else:
            hint = replace(self.name, self.wanted)
        code = "type" if self.kind == "retype" else self.kind
        return Defect(pointer(self.name), code, self.detail, hint, self.more)


def _renames(body: Json) -> list[Demand]:
    return [
        Demand("rename", old, body[old], new, f"{old!r} is not a field; its name is {new!r}.")
        for old, new in NEW_NAMES.items()
        if old in body
    ]


def _retypes(body: Json) -> list[Demand]:
    text = json.dumps(body["amount"])
    detail = f"'amount' must be a string: {json.dumps(text)}."
    return [Demand("retype", "amount", body["amount"], text, detail, {"expected": "string"})]


def _unknowns(body: Json) -> list[Demand]:
    """Only what is optional: to drop more would change what the client means."""
    detail = "'note' is not a field."
    return [Demand("unknown", "note", body["note"], None, detail)] if "note" in body else []


def _other_case(text: str) -> str:
    return next((t for t in (text.upper(), text.lower()) if t != text), f"{text}-A")


def _enums(body: Json) -> list[Demand]:
    made = []
    for name in ("transactionId", "note"):
        if name in body:
            value = _other_case(str(body[name]))
            allowed = [value, "OTHER", "NONE"]
            detail = f"{name!r} must be one of {', '.join(allowed)}."
            made.append(Demand("enum", name, body[name], value, detail, {"allowed": allowed}))
    return made


def _formats(body: Json) -> list[Demand]:
    value = f"txn:{body['transactionId']}"
    detail = f"'transactionId' must match ^txn:.+$, as in {value!r}."
    more = {"pattern": "^txn:.+$"}
    return [Demand("format", "transactionId", body["transactionId"], value, detail, more)]


DEMANDS: Final[dict[str, Callable[[Json], list[Demand]]]] = {
    "rename": _renames,
    "retype": _retypes,
    "unknown": _unknowns,
    "enum": _enums,
    "format": _formats,
}
