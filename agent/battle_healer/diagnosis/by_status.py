"""The generic reader: whatever has no shape of its own is read by its status alone."""

from __future__ import annotations

from typing import Final

from battle_healer.diagnosis.exchange import Exchange
from battle_healer.diagnosis.finding import Finding, Reader


def _read(x: Exchange) -> Finding | None:
    return Finding(evidence=("status",))


ROW: Final = Reader("generic", "anything else", "RFC 9110, 15", _read)
