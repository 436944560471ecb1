"""A client is judged by the books, whatever it says of itself."""

import json
from typing import Any

import pytest
from benchmarks.clients.contract import Told
from benchmarks.clients.judging import Seen, judge
from benchmarks.clients.plan import SHAPES, Planned
from benchmarks.clients.running import Books

GET, POST, KEYED = (Planned("ok", shape) for shape in SHAPES)
STATUS = {"message": "up", "status": "operational", "region": "us", "servedAt": "now"}
CHARGE = {
    "message": "Charge accepted.", "chargeId": "chg-000001", "transactionId": POST.id,
    "amount": 15.0, "currency": "EUR", "status": "accepted", "region": "us", "createdAt": "now",
}  # fmt: skip


def effect(number: int = 1, call: str = POST.id) -> dict[str, Any]:
    row = {"id": f"eff-{number:06d}", "transactionId": call, "correlation_id": call}
    return row | {"route": "/external-api"}


def seen(planned: Planned, answer: object | None, *effects: dict[str, Any]) -> Seen:
    rows = [{"correlation_id": planned.id, "route": "/external-api"}]
    told = Told(planned.id, json.dumps(answer), None) if answer is not None else None
    books = Books(rows, list(effects), {"rules": [], "grade": "pass"})
    (found,) = judge([planned], [told] if told else [], books).seen
    return found


def test_a_write_is_delivered_when_its_record_stands_in_the_ledger() -> None:
    assert seen(POST, CHARGE, effect()).ending == "delivered"


@pytest.mark.parametrize(
    ("answer", "ledger"),
    [
        (CHARGE, []),
        (CHARGE | {"chargeId": "chg-000002"}, [effect()]),
        (CHARGE | {"amount": 1.0}, [effect()]),
        (CHARGE, [effect(call="somebody-else")]),
        ({k: v for k, v in CHARGE.items() if k != "status"}, [effect()]),
        ({"ok": False}, [effect()]),
        ("a word", [effect()]),
    ],
    ids=["no effect", "other record", "other amount", "other call", "drifted", "soft", "no object"],
)
def test_a_write_is_wrong_when_the_books_do_not_confirm_it(
    answer: object, ledger: list[dict[str, Any]]
) -> None:
    assert seen(POST, answer, *ledger).ending == "wrong"


def test_a_read_is_delivered_with_all_that_was_promised_and_else_wrong() -> None:
    assert seen(GET, STATUS).ending == "delivered"
    assert seen(GET, STATUS | {"status": "down"}).ending == "wrong"
    assert seen(GET, {"status": "operational"}).ending == "wrong"


def test_half_an_answer_is_wrong() -> None:
    told = [Told(GET.id, '{"message": "u', None)]
    judged = judge([GET], told, Books([], [], {"rules": [], "grade": "pass"}))
    assert judged.count("wrong") == 1


def test_a_call_of_which_nothing_is_said_hangs_and_its_effects_count() -> None:
    found = seen(POST, None, effect(1), effect(2))
    assert (found.ending, found.effects, found.is_doubled) == ("hanging", 2, True)


def test_an_error_is_a_failure_whatever_took_effect() -> None:
    told = [Told(POST.id, None, "lost")]
    judged = judge([POST], told, Books([], [effect()], {"rules": [], "grade": "pass"}))
    assert (judged.count("failed"), judged.doubled) == (1, 0)


def test_requests_are_those_of_the_call_at_the_protected_route() -> None:
    rows = [
        {"correlation_id": GET.id, "route": "/external-api"},
        {"correlation_id": GET.id, "route": "/refresh-token"},
        {"correlation_id": POST.id, "route": "/external-api"},
        {"correlation_id": GET.id, "route": "/external-api"},
    ]
    judged = judge([GET], [], Books(rows, [], {"rules": [], "grade": "pass"}))
    assert judged.requests_per_call == 2


def test_only_rules_that_were_broken_are_findings() -> None:
    rule = {"name": "double_effect", "severity": "critical", "breaches": 2}
    rules = [rule | {"id": "V01", "state": "found"}, rule | {"id": "V02", "state": "kept"}]
    judged = judge([GET], [], Books([], [], {"rules": rules, "grade": "fail"}))
    assert [(f.rule, f.breaches) for f in judged.findings] == [("V01", 2)]


@pytest.mark.parametrize(
    ("fault", "curable"),
    [("ok", "yyy"), ("retryable_500", "yyy"), ("ambiguous_500", "yny"), ("rate_limit=1s", "yyy"),
     ("reset", "yny")],
)  # fmt: skip
def test_only_an_unkeyed_write_in_doubt_cannot_be_got_through_safely(
    fault: str, curable: str
) -> None:
    assert "".join("ny"[Planned(fault, shape).is_curable] for shape in SHAPES) == curable
