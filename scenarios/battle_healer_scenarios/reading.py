"""YAML text to a scenario, with the line of whatever does not fit."""

from __future__ import annotations

import difflib
from typing import Any, Final

import yaml
from pydantic import ValidationError

from battle_healer_scenarios.errors import ScenarioError
from battle_healer_scenarios.scenario import Scenario

MOST_CHARACTERS: Final = 100_000


def parse(text: str, where: str) -> Scenario:
    """The scenario that `text` describes. Raises ScenarioError with `where` and a line."""
    if len(text) > MOST_CHARACTERS:
        fix = f"Keep it under {MOST_CHARACTERS} characters."
        raise ScenarioError("the file is too long for a scenario", where, fix)
    node = _compose(text, where)
    _check_keys(node, where)
    value = yaml.SafeLoader("").construct_document(node)
    try:
        return Scenario.model_validate(value)
    except ValidationError as error:
        raise _first(error, node, where) from error


def _compose(text: str, where: str) -> yaml.Node:
    try:
        # An alias could make a small file huge, and no scenario needs one.
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise ScenarioError(
                    "an alias (`*name`) is not read here", _at(where, event), "Write it out."
                )
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{where}:{mark.line + 1}" if mark else where
        raise ScenarioError(f"no YAML: {error.problem}", place, "Mend that line.") from error
    except yaml.YAMLError as error:
        raise ScenarioError(
            "no YAML: it holds characters that YAML does not allow", where, "Write UTF-8 text."
        ) from error
    if not isinstance(node, yaml.MappingNode):
        fix = "Begin with `name:`; `healer scenarios show ok` prints one."
        raise ScenarioError("no scenario", f"{where}:1", fix)
    return node


def _check_keys(node: yaml.Node, where: str) -> None:
    """Two equal keys in one mapping: the last would win silently."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_keys(item, where)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                raise ScenarioError(f"{name!r} stands twice", _at(where, key), "Keep one of them.")
            seen.add(name)
            _check_keys(value, where)


def _first(error: ValidationError, root: yaml.Node, where: str) -> ScenarioError:
    rows = error.errors(include_url=False)
    # A misspelt key is also a missing one; the misspelling is what helps.
    found = next((row for row in rows if row["type"] == "extra_forbidden"), rows[0])
    path = [part for part in found["loc"] if not str(part).startswith("function-")]
    node, reached = _walk(root, path)
    place = _at(where, node)
    key = ".".join(str(part) for part in path) or "the file"
    if found["type"] == "extra_forbidden":
        known = _known(reached)
        near = difflib.get_close_matches(str(path[-1]), known, 1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        return ScenarioError(f"unknown key {key!r}", place, f"{hint}Known: {', '.join(known)}.")
    if found["type"] == "missing":
        return ScenarioError(f"{key!r} is missing", place, "Add it.")
    said = str(found["msg"]).removeprefix("Value error, ")
    fix = "scenarios/README.md describes every key."
    return ScenarioError(f"{key}: {said[:1].lower()}{said[1:]}", place, fix)


def _walk(root: yaml.Node, path: list[Any]) -> tuple[yaml.Node, list[Any]]:
    """The node that a path leads to, or the last one on the way, and the path of its parent."""
    node = root
    for part in path:
        below: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            # A value that stands on its own line is better named by its key.
            pairs = {str(key.value): (key, value) for key, value in node.value}
            if str(part) not in pairs:
                break
            key, below = pairs[str(part)]
            if not isinstance(below, yaml.CollectionNode):
                return key, path[:-1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            below = node.value[part] if part < len(node.value) else None
        if below is None:
            break
        node = below
    return node, path[:-1]


def _known(path: list[Any]) -> list[str]:
    """Keys that the schema allows at `path`, a path of keys and indices."""
    schema = Scenario.model_json_schema()
    here: dict[str, Any] = schema
    for part in path:
        if isinstance(part, int):
            here = _resolve(here.get("items", {}), schema)
        elif part in here.get("properties", {}):
            here = _resolve(here["properties"][part], schema)
        else:
            here = _resolve(here.get("additionalProperties", {}), schema)
    return list(here.get("properties", {}))


def _resolve(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = str(part.get("$ref", "")).rpartition("/")[2]
    return schema["$defs"][name] if name else part


def _at(where: str, node: yaml.Node | yaml.Event) -> str:
    mark = node.start_mark
    return f"{where}:{mark.line + 1}" if mark else where
