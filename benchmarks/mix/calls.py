"""The eighty calls, and for each of them what would be right, written down before any run.

A sort is G (GET), P (POST without key, to an endpoint that ignores keys) or K (POST with an
Idempotency-Key, to an endpoint that honours it).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, Literal

Sort = Literal["G", "P", "K"]
FORMS: Final = ("nested", "problem", "fastapi", "plain")
"""How errors are written; cycled over all calls that meet an error."""


@dataclass(frozen=True, slots=True)
class Right:
    """The best honest outcome of a call.

    delivered: whether the caller can get the true answer; else an honest failure is right.
    effects: how often the write takes effect then, exactly.
    requests: the most that may be sent; None where only bounds of the client's own apply.
    """

    delivered: bool
    effects: int
    requests: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One call of the mix: what goes wrong with it, and what would be right."""

    number: int
    kind: str
    fault: str
    variant: str
    sort: Sort
    form: str
    right: Right

    @property
    def method(self) -> str:
        """Method of the request."""
        return "GET" if self.sort == "G" else "POST"

    @property
    def path(self) -> str:
        """Path below a region's address."""
        return {"G": f"/v1/orders/{self.number}", "P": "/v1/orders", "K": "/v1/payments"}[self.sort]

    @property
    def headers(self) -> dict[str, str]:
        """What the caller sends beside its credential."""
        headers = {"Bench-Call": str(self.number)}
        if self.sort != "G":
            headers["Content-Type"] = "application/json"
        if self.sort == "K":
            headers["Idempotency-Key"] = f"key-{self.number}"
        return headers

    @property
    def body(self) -> bytes:
        """Body of the request, spelled as the caller's program was written to spell it."""
        if self.sort == "G":
            return b""
        values = {"sku": f"a-{self.number}", "quantity": 2}
        if self.fault == "renamed":
            renames = RENAMES[self.variant]
            values = {renames.get(name, name): value for name, value in values.items()}
        return json.dumps(values).encode()

    @property
    def answer(self) -> dict[str, Any]:
        """The true answer, in the shape that the caller's program expects."""
        return {
            "id": f"ord-{self.number}",
            "amount": 10.5 + self.number,
            "currency": "EUR",
            "status": "accepted",
            "created_at": "2026-03-01T09:30:00Z",
        }


RENAMES: Final = {
    "abbreviation": {"quantity": "qty"},
    "synonym": {"sku": "item_code"},
    "case": {"quantity": "Quantity"},
    "affix": {"sku": "product_sku"},
}
"""Today's name of a field → the name that the caller still uses."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the mix: one letter of `sorts` a call, one of `variants` each if there are any."""

    kind: str
    fault: str
    sorts: str
    delivered: bool
    variants: tuple[str, ...] = ()
    effects: int | None = None
    requests: int | None = None


ROWS: Final = (
    Row("ok", "ok", "GGPK", True, requests=1),
    Row("500 before the effect", "error_before", "GGGGKKKK", True),
    Row("500 before the effect, no key", "error_before", "PPPP", False, effects=0, requests=1),
    Row("500 after the effect", "error_after", "KKKK", True),
    Row("500 after the effect, no key", "error_after", "PPPP", False, effects=1, requests=1),
    Row(
        "503 with Retry-After", "unavailable", "GKGK", True, ("seconds", "seconds", "date", "date")
    ),
    Row(
        "429 with seconds or a date",
        "throttle",
        "GPKG",
        True,
        ("seconds", "seconds", "date", "date"),
    ),
    Row("429 in milliseconds", "throttle", "GPKG", True, ("ms", "ms", "x-ms", "x-ms")),
    Row("quota spent", "quota", "GKPG", True),
    Row("401 expired", "expired", "GKPG", True),
    Row("403", "forbidden", "GK", False, effects=0, requests=1),
    Row("region down", "region_down", "GKGP", True, ("answers", "answers", "refuses", "refuses")),
    Row("connection reset", "reset_before", "GGKK", True),
    Row("connection reset after the effect", "reset_after", "KK", True),
    Row("connection reset, no key", "reset_before", "PP", False, effects=0, requests=1),
    Row("connection reset after it, no key", "reset_after", "PP", False, effects=1, requests=1),
    Row("body cut", "cut", "GK", True),
    Row("422, a field was renamed", "renamed", "PKPK", True, tuple(RENAMES)),
    Row("drifted answer", "drifted", "GGGG", True, ("case", "wrapped", "suffix", "nested")),
    Row("error under 200", "soft", "GKPG", False, effects=0),
    Row("404", "missing", "GG", False, effects=0, requests=1),
    Row("stall", "stall", "GK", True),
    Row("502 with a page of HTML", "gateway", "GK", True),
)


def _cases() -> tuple[Case, ...]:
    numbers = count(1)
    return tuple(
        _case(next(numbers), row, sort, variant)
        for row in ROWS
        for sort, variant in zip(row.sorts, row.variants or ("",) * len(row.sorts), strict=True)
    )


def _case(number: int, row: Row, sort: str, variant: str) -> Case:
    effects = row.effects if row.effects is not None else int(sort != "G")
    return Case(
        number=number,
        kind=row.kind,
        fault=row.fault,
        variant=variant,
        sort="G" if sort == "G" else "P" if sort == "P" else "K",
        form=FORMS[number % len(FORMS)],
        right=Right(row.delivered, effects, row.requests),
    )


MIX: Final = _cases()
CROWD: Final = {
    "dead": _case(1001, Row("dead region", "region_down", "G", True), "G", "silent"),
    "expired": _case(1002, Row("expired token", "expired", "G", True), "G", ""),
}
"""Calls that a crowd makes all at once; no part of the eighty."""

BY_NUMBER: Final = {case.number: case for case in (*MIX, *CROWD.values())}
