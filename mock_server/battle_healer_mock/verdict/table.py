"""The rules of the verdict, in the order of their ids. A rule that is not here does not exist."""

from __future__ import annotations

from typing import Final

from battle_healer_mock.verdict import (
    ambiguous_resend,
    came_early,
    dead_region,
    dead_token,
    double_effect,
    gave_up,
    header_lost,
    in_progress_hammer,
    key_changed,
    key_other_body,
    method_changed,
    no_backoff,
    no_jitter,
    orphaned_effect,
    overlapping_write,
    protected_changed,
    quota_ignored,
    redirect_with_body,
    refresh_stampede,
    retry_storm,
    same_4xx,
    secret_elsewhere,
    secret_in_url,
    unbounded,
    useless_refresh,
)
from battle_healer_mock.verdict.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    double_effect.ROW,
    ambiguous_resend.ROW,
    key_changed.ROW,
    key_other_body.ROW,
    came_early.ROW,
    retry_storm.ROW,
    unbounded.ROW,
    same_4xx.ROW,
    dead_token.ROW,
    refresh_stampede.ROW,
    useless_refresh.ROW,
    secret_elsewhere.ROW,
    redirect_with_body.ROW,
    gave_up.ROW,
    dead_region.ROW,
    no_jitter.ROW,
    no_backoff.ROW,
    quota_ignored.ROW,
    in_progress_hammer.ROW,
    header_lost.ROW,
    method_changed.ROW,
    protected_changed.ROW,
    overlapping_write.ROW,
    orphaned_effect.ROW,
    secret_in_url.ROW,
)
BY_ID: Final = {rule.id: rule for rule in RULES}


def markdown() -> str:
    """The rules as a table for docs, then each in its own words."""
    lines = ["| rule | name | severity | found when | right |", "|---|---|---|---|---|"]
    lines += [f"| {r.id} | `{r.name}` | {r.severity} | {r.when} | {r.right} |" for r in RULES]
    for rule in RULES:
        lines += ["", f"## {rule.id} {rule.name}", "", rule.explanation]
    return "\n".join(lines) + "\n"
