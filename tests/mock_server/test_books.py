"""Journal and ledger as data: bounded, honest about it, and canonical where asked."""

import json

from tests.mock_server.driving import Mock

from battle_healer_mock.journal import Journal
from battle_healer_mock.json_text import json_bytes
from battle_healer_mock.ledger import Effect, Ledger


def effect(ledger: Ledger) -> Effect:
    return Effect(
        ledger.next_id(), "2026-01-01T00:00:00Z", 1, "c", None, "demo", "cred", None, "us",
        "POST", "/external-api", "t", 1.0, "EUR", None,
    )  # fmt: skip


def test_the_ledger_says_how_many_effects_it_dropped() -> None:
    ledger = Ledger(most=2)
    for _ in range(3):
        ledger.add(effect(ledger))
    shown = ledger.summary()
    assert (shown["total"], shown["dropped"]) == (3, 1)
    assert [row.id for row in ledger.effects] == ["eff-000002", "eff-000003"]


def test_the_journal_says_how_many_rows_it_dropped_and_how_many_are_open() -> None:
    journal = Journal(most=2)
    rows = [journal.open(0, "GET", "/external-api", "us") for _ in range(3)]
    rows[2].end = "complete"
    shown = journal.summary()
    assert (shown["total"], shown["dropped"], shown["open"]) == (3, 1, 1)


def test_long_books_are_sent_whole_though_in_pieces(mock: Mock) -> None:
    token = mock.token()
    for n in range(250):
        mock.call(token=token, call=f"corr-{n}")
    ledger, journal = mock.get("/ledger").json(), mock.get("/journal").json()
    assert [effect["line"] for effect in ledger["effects"]] == list(range(2, 252))
    assert [row["line"] for row in journal["rows"]] == list(range(1, 252))
    assert [row["effect"] for row in journal["rows"][1:]] == [e["id"] for e in ledger["effects"]]


def test_times_are_shown_to_the_microsecond() -> None:
    row = Journal().open(1.23456789, "GET", "/external-api", "us")
    row.until = 2.00000049
    shown = row.as_json()
    assert (shown["t_in"], shown["until"], shown["t_out"]) == (1.234568, 2.0, None)


def test_what_no_utf8_can_say_is_written_as_an_escape() -> None:
    assert json_bytes({"note": "\ud800"}) == b'{"note": "\\ud800"}'
    assert json.loads(json_bytes({"note": "\x1b\u202e"})) == {"note": "\x1b\u202e"}


def test_the_canonical_journal_does_not_depend_on_order_and_place() -> None:
    first, second = Journal(), Journal()
    for journal, names in ((first, "ab"), (second, "ba")):
        for name in names:
            row = journal.open(len(names), "GET", "/external-api", "us")
            row.call, row.ordinal, row.connection = name, 1, ord(name) + id(journal)
    assert first.canonical()["digest"] == second.canonical()["digest"]


def test_the_canonical_journal_tells_different_traffic_apart() -> None:
    first, second = Journal(), Journal()
    first.open(0, "GET", "/external-api", "us")
    second.open(0, "GET", "/external-api", "eu")
    assert first.canonical()["digest"] != second.canonical()["digest"]
