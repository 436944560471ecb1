"""JSON Pointers and JSON Patch over plain values: pure, every change gives a new value.

Source: RFC 6901 (pointers), RFC 6902 (operations); of the latter only `add`, `remove`,
`replace` and `move`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from battle_healer.model import Operation

ABSENT: Final = object()
"""What `get` gives where nothing stands; distinct from a null."""

_MOST_TOKENS: Final = 128
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")
_APPENDED: Final = "-"


def split(pointer: str) -> tuple[str, ...]:
    """Unescaped tokens of a pointer; () for the whole document.

    Raises ValueError where `pointer` neither is empty nor starts with a slash.
    """
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise ValueError(f"{pointer[:80]!r} is no JSON Pointer: it must start with a slash")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/"))


def join(tokens: Iterable[str | int]) -> str:
    """The pointer of these unescaped tokens."""
    return "".join("/" + str(t).replace("~", "~0").replace("/", "~1") for t in tokens)


def get(document: Any, pointer: str, default: Any = ABSENT) -> Any:
    """The value at a pointer, or `default` where nothing stands or the pointer is none."""
    try:
        tokens = split(pointer)
    except ValueError:
        return default
    for token in tokens:
        document = _child(document, token)
        if document is ABSENT:
            return default
    return document


def put(document: Any, pointer: str, value: Any) -> Any:
    """A copy with `value` at the pointer: set in an object, inserted into a list (`-` appends).

    Raises LookupError where the parent does not exist or cannot hold the token.
    """
    return _changed(document, _checked(pointer), value, insert=True)


def replace(document: Any, pointer: str, value: Any) -> Any:
    """A copy with another value where one stands already. Raises LookupError where none does."""
    if get(document, pointer) is ABSENT:
        raise LookupError(f"nothing stands at {pointer[:80]!r}")
    return _changed(document, _checked(pointer), value, insert=False)


def remove(document: Any, pointer: str) -> Any:
    """A copy without what stands at the pointer. Raises LookupError where nothing does."""
    if not pointer or get(document, pointer) is ABSENT:
        raise LookupError(f"nothing to remove stands at {pointer[:80]!r}")
    return _changed(document, _checked(pointer), ABSENT, insert=False)


def move(document: Any, source: str, target: str) -> Any:
    """A copy with a value at another pointer; a rename within one object keeps its place.

    Raises LookupError where nothing stands at `source`, or `target` lies inside it.
    """
    value = get(document, source)
    if value is ABSENT or not source or is_within(target, source):
        raise LookupError(f"cannot move {source[:80]!r} to {target[:80]!r}")
    old, new = _checked(source), _checked(target)
    parent = get(document, join(old[:-1]))
    if new and old[:-1] == new[:-1] and isinstance(parent, dict) and new[-1] not in parent:
        renamed = {(new[-1] if name == old[-1] else name): v for name, v in parent.items()}
        return _changed(document, old[:-1], renamed, insert=False)
    return put(remove(document, source), target, value)


def apply(document: Any, operations: Iterable[Operation]) -> Any:
    """The document after all operations, in order. Raises LookupError where one does not apply."""
    for operation in operations:
        if operation.op == "add":
            document = put(document, operation.path, operation.value)
        elif operation.op == "replace":
            document = replace(document, operation.path, operation.value)
        elif operation.op == "remove":
            document = remove(document, operation.path)
        else:
            document = move(document, operation.source or "", operation.path)
    return document


def is_within(pointer: str, other: str) -> bool:
    """Whether `pointer` is `other`, or lies below it."""
    return f"{pointer}/".startswith(f"{other}/")


def walk(document: Any, depth: int = 8, most: int = 5_000) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Tokens and value of everything below the root, breadth first, bounded in depth and number."""
    level: list[tuple[tuple[str, ...], Any]] = [((), document)]
    for _ in range(depth):
        following: list[tuple[tuple[str, ...], Any]] = []
        for tokens, value in level:
            for token, child in _members(value):
                if most <= 0:
                    return
                most -= 1
                yield (*tokens, token), child
                following.append(((*tokens, token), child))
        level = following


def _members(value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        return value.items()
    if isinstance(value, list):
        return ((str(index), item) for index, item in enumerate(value))
    return ()


def _child(value: Any, token: str) -> Any:
    if isinstance(value, dict):
        return value.get(token, ABSENT)
    if isinstance(value, list):
        index = _index(token)
        return value[index] if index is not None and index < len(value) else ABSENT
    return ABSENT


def _index(token: str) -> int | None:
    return int(token) if _INDEX.fullmatch(token) else None


def _checked(pointer: str) -> tuple[str, ...]:
    try:
        tokens = split(pointer)
    except ValueError as error:
        raise LookupError(str(error)) from error
    if len(tokens) > _MOST_TOKENS:
        raise LookupError("the pointer is deeper than any document that we change")
    return tokens


def _changed(document: Any, tokens: tuple[str, ...], value: Any, *, insert: bool) -> Any:
    """A copy of the spine down to the last token, its value set, inserted or (ABSENT) gone."""
    if not tokens:
        return value
    token, rest = tokens[0], tokens[1:]
    if rest:
        child = _child(document, token)
        if child is ABSENT:
            raise LookupError(f"nothing stands at {token[:80]!r}")
        value = _changed(child, rest, value, insert=insert)
        insert = False
    if isinstance(document, dict):
        return _object_with(document, token, value)
    if isinstance(document, list):
        return _list_with(document, token, value, insert=insert)
    raise LookupError(f"{token[:80]!r} cannot stand below a plain value")


def _object_with(members: dict[str, Any], token: str, value: Any) -> dict[str, Any]:
    if value is ABSENT:
        return {name: v for name, v in members.items() if name != token}
    return {**members, token: value}


def _list_with(items: list[Any], token: str, value: Any, *, insert: bool) -> list[Any]:
    index = len(items) if insert and token == _APPENDED else _index(token)
    if index is None or index > len(items) - (not insert):
        raise LookupError(f"{token[:80]!r} is no place in a list of {len(items)}")
    if value is ABSENT:
        return items[:index] + items[index + 1 :]
    return [*items[:index], value, *items[index if insert else index + 1 :]]
