"""Errors of the console: what is wrong, where, and what would be right."""

from __future__ import annotations

from battle_healer.errors import HealerError


class ConsoleError(HealerError):
    """Base of all errors of the console."""


class OpenHostError(ConsoleError):
    """The API was to listen where others than this machine reach it."""


class StrangerError(ConsoleError):
    """A request comes from a page of another origin, or names a host that is not this machine."""


class NotJsonError(ConsoleError):
    """A body that does not say that it is JSON."""


class LargeRequestError(ConsoleError):
    """A request that is larger than any that could be kept."""


class UnknownPauseError(ConsoleError):
    """Nothing of that name is paused."""
