"""A reply on its way into the expected shape, and the operations that brought it there."""

from __future__ import annotations

import copy
from typing import Any, Final

from battle_healer.model import Operation
from battle_healer.pointers import ABSENT, get, join
from battle_healer.text import safe

_MOST_OPERATIONS: Final = 2_000

Tokens = tuple[str, ...]


class TooMany(Exception):  # noqa: N818 -- a limit, not an error: `adapt` answers it with None
    """The reply would need more operations than anybody would read."""


class Draft:
    """The document so far. It owns its value and changes it in place: replies may be long lists.

    `operations` applied to the reply as it came give `document`.
    """

    def __init__(self, document: Any) -> None:
        self.document = document
        self.operations: list[Operation] = []

    def get(self, at: Tokens) -> Any:
        """The value at a place, ABSENT where nothing stands."""
        return get(self.document, join(at))

    def move(self, source: Tokens, target: Tokens, why: str) -> None:
        """Take a value from one place to another. target: absent, in an object that is there."""
        value = self._taken(source, target)
        if not target:
            self.document = value
        self._log(Operation("move", join(target), source=join(source)), why)

    def set(self, at: Tokens, value: Any, why: str) -> None:
        """Put another value at a place."""
        op = "add" if self.get(at) is ABSENT else "replace"
        self._put(at, value)
        # A list is changed further in place; what is told stays what was put here.
        told = copy.deepcopy(value)
        self._log(Operation("add" if op == "add" else "replace", join(at), told), why)

    def remove(self, at: Tokens, why: str) -> None:
        """Take away what stands at a place, in an object."""
        self.get(at[:-1]).pop(at[-1])
        self._log(Operation("remove", join(at)), why)

    def _taken(self, source: Tokens, target: Tokens) -> Any:
        parent = self.get(source[:-1])
        if target and source[:-1] == target[:-1] and isinstance(parent, dict):
            # A rename keeps its place among its siblings.
            members = list(parent.items())
            parent.clear()
            parent.update((target[-1] if k == source[-1] else k, v) for k, v in members)
            return parent[target[-1]]
        value = parent.pop(int(source[-1]) if isinstance(parent, list) else source[-1])
        if target:
            self._put(target, value)
        return value

    def _put(self, at: Tokens, value: Any) -> None:
        if not at:
            self.document = value
            return
        parent = self.get(at[:-1])
        parent[int(at[-1]) if isinstance(parent, list) else at[-1]] = value

    def _log(self, operation: Operation, why: str) -> None:
        if len(self.operations) >= _MOST_OPERATIONS:
            raise TooMany
        evidence = safe(why)
        self.operations.append(
            Operation(operation.op, operation.path, operation.value, operation.source, evidence)
        )
