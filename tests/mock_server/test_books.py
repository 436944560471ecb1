"""Journal and ledger as data: bounded, honest about it, and canonical where asked."""

from battle_healer_mock.journal import Journal
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
