"""A journal written by hand, for what no client can do over the socket of one server."""

from typing import Any

from battle_healer_mock.journal import Journal, Row
from battle_healer_mock.verdict.case import Case, case_of
from battle_healer_mock.verdict.judging import Ruling, rule_on


class Handmade:
    """Rows one after the other, each answered before the next arrives, a second apart."""

    def __init__(self) -> None:
        self.journal = Journal()

    def row(self, method: str = "POST", **facts: Any) -> Row:
        journal = self.journal
        now_s = float(journal.count)
        row = journal.open(now_s, method, facts.pop("route", "/external-api"), "us")
        usual = {"call": "corr-1 POST /external-api", "call_from": "correlation-id",
                 "correlation_id": "corr-1", "ordinal": row.line, "token": "t1", "account": "demo",
                 "body": "b1", "body_bytes": 32 if method == "POST" else 0, "status": 200,
                 "told": "yes", "end": "complete", "t_headers": now_s, "t_out": now_s,
                 "answered": row.line}  # fmt: skip
        for name, value in (usual | facts).items():
            setattr(row, name, value)
        return row

    @property
    def case(self) -> Case:
        return case_of(self.journal.rows, now_s=1e6, closed=self.journal.count)

    @property
    def broken(self) -> dict[str, Ruling]:
        return {r.rule.id: r for r in rule_on(self.case) if r.breaches}
