"""The row type of the dialect table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from battle_healer_mock.answer import Failure, Told
from battle_healer_mock.json_text import json_bytes

Written = tuple[str, bytes]

_ERRORS: Final = range(400, 600)
# A refusal; or the request is to be made elsewhere, whole: here nothing was done.
# RFC 9110, 15.4.2 and on.
_SAY_NO: Final = frozenset((*range(400, 500), 301, 307, 308))


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way to write a failure. `write` returns content type and body.

    says_processed: whether it can say "not processed" where the status alone does not.
    soft: every error comes under 200; the body alone tells.
    """

    name: str
    title: str
    says_processed: bool
    write: Callable[[Failure], Written]
    soft: bool = False

    def status_of(self, failure: Failure) -> int:
        """The status under which this dialect sends a failure."""
        return 200 if self.soft and failure.status in _ERRORS else failure.status


def status_says_no(status: int) -> bool:
    """Whether the status alone means that nothing was processed: a refusal, or another place."""
    return status in _SAY_NO


def told_in(dialect: Dialect, status: int | None, told: Told) -> Told:
    """What a client can know once the failure is spelled: a dialect may have no word for `no`."""
    if told != "no" or dialect.says_processed or status is None:
        return told
    return told if status_says_no(status) else "maybe"


def as_json(document: Mapping[str, object], content_type: str = "application/json") -> Written:
    """A document as content type and body."""
    return content_type, json_bytes(document)


def snake(kind: str) -> str:
    """A kind as most APIs write their codes: `rate_limited`."""
    return kind.replace("-", "_")


def defects_of(failure: Failure) -> list[Mapping[str, object]]:
    """What is wrong with the body, item by item; empty where the body is not to blame.

    Each has `pointer`, `code`, `detail`, and where one is certain a `hint`, the JSON Patch
    operation that mends it.
    """
    found = failure.members.get("errors", [])
    return list(found) if isinstance(found, list) else []


def offers_of(defect: Mapping[str, object]) -> dict[str, object]:
    """What a defect says that a program can use: the change, the values allowed, the type."""
    return {name: defect[name] for name in ("hint", "allowed", "expected") if name in defect}


def facts_of(failure: Failure) -> dict[str, object]:
    """All members but the defects, for the corner that a dialect keeps for details."""
    return {name: value for name, value in failure.members.items() if name != "errors"}
