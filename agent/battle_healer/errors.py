"""Errors of ours: what is wrong, where, and what would be right."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from battle_healer.model import Outcome


class HealerError(Exception):
    """Base of all errors of ours. All three parts are safe to print."""

    def __init__(self, what: str, where: str, fix: str) -> None:
        # Positional, so that it pickles.
        super().__init__(what, where, fix)
        self.what, self.where, self.fix = what, where, fix

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.fix}"


class PolicyError(HealerError):
    """A policy file (or a policy value given in Python) cannot be used."""


class SettingsError(HealerError):
    """A `HEALER_*` setting cannot be used."""


class UsageError(HealerError):
    """A call of our API that cannot mean anything: an unknown planner, a URL without scheme."""


class MissingExtraError(HealerError):
    """A feature needs an extra that is not installed; `fix` is the line to type."""


class JournalError(HealerError):
    """The journal on disk cannot be used; calls go on without it."""


class ClosedError(HealerError):
    """The client was closed while this call waited; nothing more was sent."""


class NotCalledError(HealerError):
    """A function was not called at all, since what it talks to was found unwell."""


class CallQueued(HealerError):  # noqa: N818 -- a public name: a promise is no error of anybody's
    """The call was parked and goes on without the caller: no answer exists yet.

    id: the entry's. durable: whether it survives this process. outcome: the whole story.
    """

    def __init__(self, what: str, where: str, fix: str, outcome: Outcome | None = None) -> None:
        super().__init__(what, where, fix)
        self.outcome = outcome
        parked = outcome.queued if outcome else None
        self.id = parked.id if parked else ""
        self.durable = parked.durable if parked else False
