"""Plain text: one line, and no word on whether anything was processed."""

from __future__ import annotations

from battle_healer_mock.answer import Failure
from battle_healer_mock.dialects.dialect import Dialect


def write(failure: Failure) -> tuple[str, bytes]:
    """The failure as a line of text."""
    return "text/plain; charset=utf-8", f"{failure.title}: {failure.detail}\n".encode()


ROW = Dialect("plain", "plain text", says_processed=False, write=write)
