"""What took effect, each thing once: the proof, kept apart from the journal of exchanges."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass

from battle_healer_mock.bounds import EFFECTS


@dataclass(slots=True)
class Effect:
    """One accepted write. `call` and `key` tell to what it belongs, `line` which exchange.

    A value: not frozen for the reason that answer.py gives.
    """

    id: str
    at: str
    line: int
    call: str
    correlation_id: str | None
    account: str
    credential: str
    key: str | None
    region: str
    method: str
    route: str
    transactionId: str  # noqa: N815 - a field of the contract
    amount: float
    currency: str
    note: str | None

    def as_json(self) -> dict[str, object]:
        """The row as `GET /ledger` shows it."""
        return asdict(self)


class Ledger:
    """Effects in the order they happened; says how many the bound made it drop."""

    def __init__(self, most: int = EFFECTS.default) -> None:
        self.effects: deque[Effect] = deque(maxlen=most)
        self.count = 0

    def next_id(self) -> str:
        """The id that the next effect will have."""
        return f"eff-{self.count + 1:06d}"

    def add(self, effect: Effect) -> None:
        """Record what has just happened."""
        self.effects.append(effect)
        self.count += 1

    def summary(self) -> dict[str, object]:
        """What `GET /ledger` says of all effects: none is forgotten in the total."""
        return {"total": self.count, "dropped": self.count - len(self.effects)}
