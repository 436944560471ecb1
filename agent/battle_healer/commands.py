"""What the loop asks a driver to do, and what it is told back. Data only.

| command | answered by |
|---|---|
| `Send` | `Reply`, `Lost` or `Refused` |
| `Wait` | None |
| `Acquire`, `Refresh` | `Grant` or `Denied` |
| `Ask` | `Ranking` or `Abstain` |
| `Park` | `Parked` or `Denied` |
| `Substitute` | `Reply` or `Denied` |
| `Note` | None |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from battle_healer.model import (
    Attempt,
    Call,
    Entry,
    Grant,
    Lost,
    Parked,
    Plan,
    Refused,
    Reply,
)
from battle_healer.rules import Region
from battle_healer.secret import Secret


@dataclass(frozen=True, slots=True)
class Send:
    """Make one exchange."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Wait:
    """Let `seconds` pass (0 or more)."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Acquire:
    """Get the current token of a declared credential, minting it where it must be minted."""

    call: Call
    region: Region
    credential: str


@dataclass(frozen=True, slots=True)
class Refresh:
    """Replace a token that was refused. `used` is the one refused, `status` the refusal's.

    Many callers may ask for the same one: exactly one exchange happens, all get its result.
    """

    call: Call
    region: Region
    credential: str
    used: Secret | None
    status: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Let a planner rank the menu within `budget_s` seconds."""

    planner: str
    menu: tuple[Plan, ...]
    facts: Mapping[str, Any]
    budget_s: float


@dataclass(frozen=True, slots=True)
class Park:
    """Store the call for later; answered only after the store has it."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Substitute:
    """Fetch a labelled substitute answer of one tier."""

    call: Call
    region: Region
    tier: str
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """Tell whoever watches. `name` is stable and upper-case; `data` is safe to print."""

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Denied:
    """A command that could not be carried out; `why` is in our words and safe to print.

    wait_s: the time that a server named, in seconds from now; 0.0 where it named none.
    """

    why: str
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """A probability for each plan id of the menu, and whose it is.

    model_calls: what it cost. sent: the text that left the process for it, "" for none.
    tokens: what the calls used; None where nobody knows, 0 where another call's answer was shared.
    """

    probabilities: Mapping[str, float]
    planner: str
    reason: str = ""
    model_calls: int = 0
    sent: str = ""
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Abstain:
    """The planner does not say. kind: one of `planners.miss.MISSES`. why: in our words.

    model_calls, sent, tokens: as in Ranking.
    off_s: for how long it asks nothing; None for until its settings change.
    """

    kind: str
    why: str = ""
    model_calls: int = 0
    sent: str = ""
    tokens: int | None = None
    off_s: float | None = 0.0


Command = Send | Wait | Acquire | Refresh | Ask | Park | Substitute | Note
Answer = Reply | Lost | Refused | Grant | Denied | Ranking | Abstain | Parked | None
