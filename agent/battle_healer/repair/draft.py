"""A request under repair: the value so far, and how it came to be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from battle_healer.model import Operation
from battle_healer.pointers import apply, is_within


@dataclass(frozen=True, slots=True)
class Draft:
    """The value after `operations`. A place whose value was changed once is not changed again."""

    value: Any
    operations: tuple[Operation, ...] = ()

    def then(self, operation: Operation) -> Draft | None:
        """The draft after one more operation, None where it does not apply or undoes another."""
        if operation.op == "replace" and self._was_replaced(operation.path):
            return None
        try:
            value = apply(self.value, (operation,))
        except LookupError:
            return None
        return replace(self, value=value, operations=(*self.operations, operation))

    def covers(self, pointer: str) -> bool:
        """Whether an operation touched the place, something above or something below it."""
        return any(
            is_within(touched, pointer) or is_within(pointer, touched)
            for operation in self.operations
            for touched in operation.pointers
        )

    def _was_replaced(self, pointer: str) -> bool:
        return any(o.op == "replace" and o.path == pointer for o in self.operations)
