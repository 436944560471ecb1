"""Which entries a command is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from battle_healer_cli.complaints import UsageError
from battle_healer_replay.entry import State
from battle_healer_replay.operations.look import Filter

_SPAN: Final = re.compile(r"(\d{1,6})(s|m|h|d)")
_MS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True, slots=True)
class Choice:
    """What was typed to choose entries; None for any."""

    state: str | None = None
    reason: str | None = None
    tenant: str | None = None
    queue: str | None = None
    destination: str | None = None
    correlation_id: str | None = None
    since: str | None = None

    def filter(self, now_ms: int) -> Filter:
        """As the queue takes it. Raises UsageError for a span that is none."""
        return Filter(
            None if self.state is None else State(self.state),
            self.reason,
            self.tenant,
            self.queue,
            self.destination,
            self.correlation_id,
            None if self.since is None else now_ms - _span_ms(self.since),
        )


def _span_ms(text: str) -> int:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise UsageError(
            f"{text[:40]!r} is no span of time", "--since", "Write 90s, 15m, 24h or 7d."
        )
    return int(found[1]) * _MS[found[2]]
