"""What the members of an error object mean, whatever the API calls them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from battle_healer.diagnosis.finding import Blame, Place
from battle_healer.pointers import join, split

_MOST_ITEMS: Final = 50
_MOST_TEXT: Final = 4_000
_MOST_DEPTH: Final = 8

CODES: Final = (
    "code", "error_code", "errorCode", "error", "reason", "status", "errorType", "error_type",
    "category", "type", "__type", "kind",
)  # fmt: skip
PROSE: Final = (
    "message", "Message", "detail", "details", "title", "msg", "error_description",
    "error_message", "errorMessage", "description", "reason", "exception", "defaultMessage",
    "errors", "error",
)  # fmt: skip
_NAMES: Final = (
    "pointer", "instancePath", "param", "parameter", "field", "fieldName", "property", "target",
    "name", "attribute", "path",
)  # fmt: skip
# Of ajv: the member that is wrong stands apart from the object it is wrong in.
_MEMBERS: Final = ("missingProperty", "additionalProperty", "unevaluatedProperty")
_TEXTS: Final = (
    "detail", "message", "msg", "reason", "description", "defaultMessage", "title", "says",
)  # fmt: skip
# What an error calls the name that it wants instead of the one it blames.
_SUGGESTED: Final = (
    "suggestion", "suggestions", "suggested", "suggested_name", "suggestedName", "did_you_mean",
    "didYouMean", "use", "use_instead", "useInstead", "replacement", "replaced_by", "replacedBy",
    "renamed_to", "renamedTo", "new_name", "newName", "correct_name", "expected_field",
    "expectedField", "expected_name", "expectedName",
)  # fmt: skip
_ALLOWED: Final = ("allowed", "allowedValues", "allowed_values", "enum", "choices", "options")
_PLACES: Final[dict[str, Place]] = {
    "body": "body", "query": "query", "querystring": "query", "parameter": "query",
    "header": "header", "headers": "header", "cookie": "header", "path": "path",
}  # fmt: skip


def texts(value: Mapping[str, Any], names: Iterable[str]) -> tuple[str, ...]:
    """The texts under these names, in their order; of a list of texts, all. Bounded."""
    found: list[str] = []
    for name in names:
        member = value.get(name)
        for text in member[:_MOST_ITEMS] if isinstance(member, list) else [member]:
            if isinstance(text, str) and text:
                found.append(text[:_MOST_TEXT])
    return tuple(dict.fromkeys(found))


def first(value: Mapping[str, Any], names: Iterable[str]) -> str:
    """The first text under these names, "" where there is none."""
    return next(iter(texts(value, names)), "")


def blames_in(items: Any) -> tuple[Blame, ...]:
    """The fields that a list of errors, or an object of lists by field, blames."""
    if isinstance(items, list):
        found = [b for item in items[:_MOST_ITEMS] if (b := blame(item)) is not None]
        return tuple(found)
    return tuple(_in_tree(items, (), _MOST_DEPTH))[:_MOST_ITEMS] if isinstance(items, dict) else ()


def blame(item: Any) -> Blame | None:
    """The field that one error blames, None where it names none."""
    if not isinstance(item, dict):
        return None
    member = _member(item)
    name, place = _named({"pointer": member} if member else item)
    if not name:
        return None
    change = item.get("hint")
    return Blame(
        name,
        place,
        text=" ".join(texts(item, _TEXTS))[:_MOST_TEXT],
        code=first(item, ("code", "type", "reason", "keyword", "rule", "issue", "problem")),
        change=change if isinstance(change, dict) else None,
        allowed=_allowed(item),
        expected=item["expected"] if isinstance(item.get("expected"), str) else "",
        suggested=texts(item, _SUGGESTED),
    )


def _member(item: Mapping[str, Any]) -> str:
    params = item.get("params")
    member = first(params, _MEMBERS) if isinstance(params, dict) else ""
    return join((*tokens_of(first(item, ("instancePath", "dataPath"))), member)) if member else ""


def _named(item: Mapping[str, Any]) -> tuple[str, Place]:
    source = item.get("source")
    if isinstance(source, dict):
        for key, place in (("pointer", "body"), ("parameter", "query"), ("header", "header")):
            if isinstance(source.get(key), str):
                return source[key], _PLACES[place]
    if isinstance(item.get("loc"), list):
        return _located(item["loc"])
    where = item.get("in", item.get("locationType"))
    place = _PLACES.get(where, "body") if isinstance(where, str) else "body"
    if isinstance(item.get("location"), str):
        if item.get("locationType"):
            return item["location"], place
        place = _PLACES.get(item["location"], place)
    field = item.get("field")
    if isinstance(field, list):
        return join(str(token) for token in field[:_MOST_DEPTH]), place
    return first(item, _NAMES), place


def _located(loc: list[Any]) -> tuple[str, Place]:
    """`["body", "items", 1, "qty"]` of FastAPI; a body's number alone is an offset in the text."""
    if not loc or not isinstance(loc[0], str):
        return "", "body"
    place = _PLACES.get(loc[0])
    tokens = loc[1 : 1 + _MOST_DEPTH * 2] if place else loc[: _MOST_DEPTH * 2]
    if place == "body" and not any(isinstance(token, str) for token in tokens):
        return "", "body"
    if place in ("query", "header", "path"):
        return str(tokens[0]) if tokens else "", place
    return join(str(token) for token in tokens), "body"


def _allowed(item: Mapping[str, Any]) -> tuple[Any, ...]:
    listed: list[Any] = next(
        (item[name] for name in _ALLOWED if isinstance(item.get(name), list)), []
    )
    return tuple(v for v in listed[:_MOST_ITEMS] if isinstance(v, str | int | float | bool))


def _in_tree(tree: Mapping[str, Any], above: tuple[str, ...], depth: int) -> Iterable[Blame]:
    """`{"profile": {"age": ["too low"]}}`, and `_errors` lists of objects below their fields."""
    for name, said in list(tree.items())[:_MOST_ITEMS]:
        tokens = above if name == "_errors" else (*above, name)
        if isinstance(said, str):
            yield _said(tokens, said)
        elif isinstance(said, list):
            yield from _in_list(tokens, said, depth)
        elif isinstance(said, dict) and depth > 0:
            yield from _in_tree(said, tokens, depth - 1)


def _in_list(tokens: tuple[str, ...], said: list[Any], depth: int) -> Iterable[Blame]:
    sentences = [text for text in said[:_MOST_ITEMS] if isinstance(text, str)]
    if sentences:
        yield _said(tokens, " ".join(sentences)[:_MOST_TEXT])
        return
    for index, item in enumerate(said[:_MOST_ITEMS]):
        if not isinstance(item, dict) or depth <= 0:
            continue
        sentence = first(item, _TEXTS)
        if sentence:
            yield _said(tokens, sentence, first(item, ("code", "type")))
        else:
            yield from _in_tree(item, (*tokens, str(index)), depth - 1)


def _said(tokens: tuple[str, ...], text: str, code: str = "") -> Blame:
    # A single name may itself be spelled as a path (`Items[0].UnitPrice`); it stays as it is.
    name = tokens[0] if len(tokens) == 1 else join(tokens)
    return Blame(name, text=text, code=code)


def tokens_of(name: str) -> tuple[str, ...]:
    """The tokens of a field's name in any spelling: pointer, dots, brackets, `$.` or `#/`."""
    name = name.strip().removeprefix("#")
    if name.startswith("/"):
        try:
            return split(name)[: _MOST_DEPTH * 4]
        except ValueError:
            return ()
    flat = name.removeprefix("$.").replace("][", ".").replace("[", ".").replace("]", "")
    return tuple(part.strip("'\"") for part in flat.split(".") if part)[: _MOST_DEPTH * 4]
