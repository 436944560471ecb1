"""The row type of the dialect table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from battle_healer_mock.answer import Failure, Told

_CLIENT_ERRORS: Final = range(400, 500)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way to write a failure. `write` returns content type and body.

    says_processed: whether it can say "not processed" where the status alone does not.
    """

    name: str
    title: str
    says_processed: bool
    write: Callable[[Failure], tuple[str, bytes]]


def status_says_no(status: int) -> bool:
    """Whether the status alone means that nothing was processed: a refusal of the client's."""
    return status in _CLIENT_ERRORS


def told_in(dialect: Dialect, status: int | None, told: Told) -> Told:
    """What a client can know once the failure is spelled: a dialect may have no word for `no`."""
    if told != "no" or dialect.says_processed or status is None or status_says_no(status):
        return told
    return "maybe"
