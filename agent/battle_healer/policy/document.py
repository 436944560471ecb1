"""YAML text to plain data, with the line of every entry.

Less than YAML on purpose: one document, no tags, no merge keys, no dates, numbers as JSON writes
them; `on` and `off` are booleans. Size, depth and aliases are bounded, so a hostile file costs
a bounded amount of work.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from battle_healer.errors import PolicyError
from battle_healer.policy.policy import MAX_BYTES
from battle_healer.text import safe

Loc = tuple[str | int, ...]

MAX_VALUES: Final = 20_000
"""Values after aliases are expanded: what stops a billion laughs."""
MAX_DEPTH: Final = 64

_TAG: Final = "tag:yaml.org,2002:"
_FORMS: Final = (
    (f"{_TAG}null", re.compile(r"(~|null|Null|NULL|)\Z")),
    (f"{_TAG}bool", re.compile(r"(?i:true|false|yes|no|on|off)\Z")),
    (f"{_TAG}int", re.compile(r"-?(0|[1-9][0-9]{0,18})\Z")),
    (f"{_TAG}float", re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?([eE][-+]?[0-9]{1,3})?\Z")),
)


class _Loader(yaml.SafeLoader):
    """Composes nodes; a plain scalar is of the first form that it fits, else text."""

    # None stands for "whatever the first character is".
    yaml_implicit_resolvers = {None: list(_FORMS)}  # noqa: RUF012 -- the library's attribute
    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Count, so that a file of a million values ends early."""
        self.nodes += 1
        if self.nodes > 2 * MAX_VALUES:
            mark = self.get_mark()
            raise yaml.MarkedYAMLError(problem="more values than any policy has", problem_mark=mark)
        return super().compose_node(parent, index)


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data and where it stood. `lines` maps a path of keys and indexes to a line from 1."""

    data: Any
    where: str
    lines: Mapping[Loc, int]

    def at(self, loc: Loc) -> str:
        """`file:line` of the entry, or of the nearest entry around it."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return f"{self.where}:{self.lines.get(loc, 1)}"

    def error(self, loc: Loc, what: str, fix: str) -> PolicyError:
        """Return the error that says what is wrong with the entry."""
        return PolicyError(what, self.at(loc), fix)


def read(text: str, where: str) -> Document:
    """Read one YAML document. Raises PolicyError with the line."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise PolicyError(
            "the policy is larger than 1 MB", where, "Move schemas to contract files."
        )
    node = _compose(text, where)
    builder = _Builder(where)
    data = builder.build(node, ()) if node is not None else None
    return Document(data, where, builder.lines)


def _compose(text: str, where: str) -> yaml.Node | None:
    try:
        return _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        what = safe(error.problem or "something here")
        raise PolicyError(
            f"not usable YAML: {what}", f"{where}:{line}", "Check indentation, quotes and brackets."
        ) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise PolicyError(
            "a character that YAML does not allow", f"{where}:{line}", "Remove it."
        ) from error
    except RecursionError:
        raise PolicyError("nested too deeply", where, f"Use at most {MAX_DEPTH} levels.") from None


class _Builder:
    """Turns nodes into data, noting lines."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.lines: dict[Loc, int] = {}
        self.values = 0

    def build(self, node: yaml.Node, loc: Loc) -> Any:
        self.values += 1
        if self.values > MAX_VALUES or len(loc) >= MAX_DEPTH:
            raise self._error(
                node,
                "too many or too deeply nested values",
                f"Use at most {MAX_VALUES} values, aliases counted each time, "
                f"and {MAX_DEPTH} levels.",
            )
        self.lines.setdefault(loc, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, loc)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.build(item, (*loc, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        data: dict[str, Any] = {}
        if node.tag != f"{_TAG}map":
            raise self._tagged(node)
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._error(key, "a key that is not text", "Write a plain word.")
            # As written: the key `on` is a word, not a boolean.
            name = key.value
            if name in data:
                raise self._error(key, f"{safe(name)!r} stands twice", "Keep one of them.")
            self.lines[(*loc, name)] = key.start_mark.line + 1
            data[name] = self.build(value, (*loc, name))
        return data

    def _scalar(self, node: yaml.Node) -> Any:
        kind = node.tag.removeprefix(_TAG)
        text: str = node.value if isinstance(node, yaml.ScalarNode) else ""
        form = dict(_FORMS).get(node.tag)
        if kind != "str" and (form is None or not form.match(text)):
            raise self._tagged(node)
        match kind:
            case "null":
                return None
            case "bool":
                return text.lower() in ("true", "yes", "on")
            case "int":
                return int(text)
            case "float":
                return float(text)
            case _:
                return text

    def _tagged(self, node: yaml.Node) -> PolicyError:
        return self._error(node, f"the tag {safe(node.tag)!r} is not understood", "Remove the tag.")

    def _error(self, node: yaml.Node, what: str, fix: str) -> PolicyError:
        return PolicyError(what, f"{self.where}:{node.start_mark.line + 1}", fix)
