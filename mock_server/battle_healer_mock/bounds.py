"""How much a server remembers: one table, from which options, help texts and docs are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from battle_healer_mock.errors import BadInputError


@dataclass(frozen=True, slots=True)
class Bound:
    """One bound. `holds`: what is kept up to it; `when_full`: what becomes of the rest."""

    name: str
    default: int
    holds: str
    when_full: str

    @property
    def option(self) -> str:
        """The option of `healer mock` that sets it."""
        return f"--keep-{self.name}"

    @property
    def help(self) -> str:
        """The help text of that option."""
        return f"Remember the latest {self.holds}, this many."


# Calls and keys are bounded by `rows`, so that whatever is forgotten of a call, no row of it is
# left either: a verdict never blames a client for what the server has forgotten. A call is
# forgotten when as many others have come after it, each with a row; a key likewise.
ROWS: Final = Bound(
    "rows", 100_000, "exchanges, and calls and idempotency keys",
    "the oldest go; `dropped` of the journal counts them, and a rule of the verdict that they "
    "could have decided is `unknown`",
)  # fmt: skip
EFFECTS: Final = Bound(
    "effects", 100_000, "effects in the ledger",
    "the oldest go; `total` of the ledger still counts all that ever took effect, `dropped` those "
    "that are no longer listed",
)  # fmt: skip
TOKENS: Final = Bound(
    "tokens", 50_000, "tokens, and users that they were issued to",
    "the oldest are unknown from then on; `tokens_forgotten` of /control counts them",
)  # fmt: skip
BOUNDS: Final = (ROWS, EFFECTS, TOKENS)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of one server. Raises BadInputError for one below 1."""

    rows: int = ROWS.default
    effects: int = EFFECTS.default
    tokens: int = TOKENS.default

    def __post_init__(self) -> None:
        for bound in BOUNDS:
            given: int = getattr(self, bound.name)
            if given < 1:
                raise BadInputError(f"a bound of {given}", bound.option, "Keep at least 1.")


DEFAULT_BOUNDS: Final = Bounds()


def markdown() -> str:
    """The table for docs."""
    lines = ["| option | default | keeps | when full |", "|---|---|---|---|"]
    lines += [f"| `{b.option}` | {b.default:,} | {b.holds} | {b.when_full} |" for b in BOUNDS]
    return "\n".join(lines) + "\n"
