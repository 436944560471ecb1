"""What an outcome means for its entry: one table, read from the top."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from battle_healer.model import Outcome, OutcomeKind
from battle_healer.rules import QueueRule
from battle_healer_replay.entry import Entry, Reason


@dataclass(frozen=True, slots=True)
class Ruling:
    """One row. event: of the transitions. when: for people."""

    event: str
    when: str
    fits: Callable[[Outcome, Entry], bool]
    reason: Reason | None = None


def _is_success(outcome: Outcome, entry: Entry) -> bool:
    return outcome.kind is OutcomeKind.DELIVERED and outcome.verified is not False


def _is_unverified(outcome: Outcome, entry: Entry) -> bool:
    return outcome.kind is OutcomeKind.DELIVERED


def _is_in_doubt(outcome: Outcome, entry: Entry) -> bool:
    return outcome.effect != "none" and not entry.safe


def _has_a_time(outcome: Outcome, entry: Entry) -> bool:
    return outcome.not_yet_s is not None and outcome.not_yet_s > 0


def _may_be_over_later(outcome: Outcome, entry: Entry) -> bool:
    return outcome.not_yet_s is not None or outcome.kind is OutcomeKind.DEGRADED


def _is_anything(outcome: Outcome, entry: Entry) -> bool:
    return True


RULINGS: Final = (
    Ruling("succeed", "delivered, and verified where a contract stands", _is_success),
    Ruling("bury", "delivered, but not as its contract says", _is_unverified, Reason.UNVERIFIED),
    # I1: before anything that would send it again.
    Ruling("bury", "unsafe, and it may have taken effect", _is_in_doubt, Reason.AMBIGUOUS),
    Ruling("postpone", "the server named a time", _has_a_time),
    Ruling("fail", "it may be over later; a substitute is no success", _may_be_over_later),
    Ruling("bury", "refused", _is_anything, Reason.REFUSED),
)


def ruling(outcome: Outcome, entry: Entry) -> Ruling:
    """The first row that fits."""
    return next(row for row in RULINGS if row.fits(outcome, entry))


def backoff_s(failures: int, chance: float, rule: QueueRule) -> float:
    """Seconds until the next attempt: full jitter under a ceiling that doubles.

    failures: before this one. chance: uniform in [0, 1).
    """
    return chance * min(rule.backoff_cap_s, rule.backoff_base_s * 2.0 ** min(failures, 30))
