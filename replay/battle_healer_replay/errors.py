"""Errors of the queue: what is wrong, where, and what would be right."""

from __future__ import annotations

from battle_healer.errors import HealerError


class QueueError(HealerError):
    """Base of all errors of the queue."""


class AddressError(QueueError):
    """The queue's URL, or the file that it names, cannot be used for a queue."""


class UnavailableError(QueueError):
    """The database is locked, gone or restarting: nothing was kept, the same may work later."""


class FullError(QueueError):
    """There is no room for more: nothing was kept."""


class ReadOnlyError(QueueError):
    """The database can be read but not written: nothing was kept."""


class SchemaError(QueueError):
    """The tables are of another version, damaged, or not ours."""


class RefusedError(QueueError):
    """What was handed in cannot be kept: too large, undeclared, or with a secret in it."""


class TooLargeError(RefusedError):
    """A body that is larger than what may be kept."""


class KeyReusedError(QueueError):
    """The key belongs to another request already; keeping both under it would lose one."""


class ForbiddenError(QueueError):
    """The entry cannot go that way from where it stands; nothing was changed."""


class UnknownEntryError(QueueError):
    """No entry has that id."""


class ClosedError(QueueError):
    """The queue was closed, or belongs to the process that this one was forked from."""
