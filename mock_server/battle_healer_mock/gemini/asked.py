"""What a client asks the double, checked as the real service checks it.

Source: the Gemini API's reference of `decisions` and `models.generateContent` (v1beta), and the
requests that google-genai 3.6 writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

Api = Literal["decisions", "generate"]
Json = Mapping[str, Any]

_OPTIONS: Final = (2, 255)
_KNOWN: Final = {"input", "model", "questions"}
_THINKING: Final = ("LOW", "MEDIUM", "HIGH")
_LEAST_TIMEOUT_S: Final = 10


class RefusedError(Exception):
    """A request that the service refuses. status: HTTP's; code: Google's word for it."""

    def __init__(self, status: int, code: str, message: str, reason: str | None = None) -> None:
        super().__init__(status, code, message, reason)
        self.status, self.code, self.message, self.reason = status, code, message, reason


@dataclass(frozen=True, slots=True)
class Question:
    """One choice to make. name: its key in a decisions request, "" for a generated answer.

    options: what may be chosen, id to description, in the order of the wire.
    """

    name: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that one request asks. text: the shared input, as it came."""

    api: Api
    model: str
    text: str
    questions: tuple[Question, ...]

    @property
    def facts(self) -> Json:
        """The input as JSON, empty where it is none."""
        try:
            found = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def decisions(body: object) -> Asked:
    """The questions of `POST decisions`. Raises RefusedError."""
    if not isinstance(body, dict):
        raise _invalid("the body is no JSON object")
    if unknown := sorted(set(body) - _KNOWN):
        raise _invalid(f"Unknown name {unknown[0]!r}: cannot find field")
    model, questions = body.get("model"), body.get("questions")
    if not isinstance(model, str) or not isinstance(questions, dict) or not questions:
        raise _invalid("model and at least one question are required")
    return Asked(
        "decisions",
        model.removeprefix("models/"),
        _text(body.get("input")),
        tuple(Question(name, _options(question)) for name, question in questions.items()),
    )


def generation(model: str, body: object, server_timeout: str | None) -> Asked:
    """The one choice that a `generateContent` request wants. Raises RefusedError."""
    if not isinstance(body, dict):
        raise _invalid("the body is no JSON object")
    if server_timeout is not None and float(server_timeout) < _LEAST_TIMEOUT_S:
        raise _invalid(f"Minimum allowed deadline is {_LEAST_TIMEOUT_S}s")
    config = body.get("generationConfig") or {}
    thinking = (config.get("thinkingConfig") or {}).get("thinking_level")
    thinking = thinking or (config.get("thinkingConfig") or {}).get("thinkingLevel")
    if thinking is not None and str(thinking).upper() not in _THINKING:
        raise _invalid(f"thinking_level {thinking} is not supported by this model")
    schema = config.get("responseJsonSchema") or {}
    ids = ((schema.get("properties") or {}).get("choice") or {}).get("enum") or []
    asked = Asked("generate", model, _parts(body.get("contents")), ())
    offered = asked.facts.get("options")
    offered = offered if isinstance(offered, dict) else {}
    options = {str(id_): str(offered.get(id_, "")) for id_ in ids}
    if len(options) < _OPTIONS[0]:
        raise _invalid("this double answers only where a schema names the ids to choose from")
    return replace(asked, questions=(Question("", options),))


def _options(question: object) -> dict[str, str]:
    if not isinstance(question, dict) or question.get("type") != "choice":
        raise _invalid("this double answers questions of type choice only")
    criteria = question.get("criteria")
    least, most = _OPTIONS
    if not isinstance(criteria, dict) or not least <= len(criteria) <= most:
        raise _invalid(f"criteria: between {least} and {most} options are required")
    if not question.get("instructions"):
        raise _invalid("instructions: at least one content block is required")
    for id_ in criteria:
        if not id_ or id_ != id_.strip() or not id_.isprintable():
            raise _invalid("criteria: an option id is empty or has blanks around it")
    return {id_: str(text) for id_, text in criteria.items()}


def _text(given: object) -> str:
    """The text of an input: a string, one content block, or several."""
    if isinstance(given, str):
        return given
    blocks = given if isinstance(given, list) else [given]
    return "\n".join(str(block.get("text", "")) for block in blocks if isinstance(block, dict))


def _parts(contents: object) -> str:
    rows = contents if isinstance(contents, list) else [contents]
    return "\n".join(
        str(part.get("text", ""))
        for row in rows
        if isinstance(row, dict)
        for part in row.get("parts") or []
        if isinstance(part, dict)
    )


def _invalid(message: str) -> RefusedError:
    return RefusedError(400, "INVALID_ARGUMENT", message)
