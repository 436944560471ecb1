from dataclasses import replace

import pytest

from battle_healer.model import Entry
from battle_healer.stores import InMemoryStore

ENTRY = Entry(
    "call-1", "corr-1", "default", "pay", "us", "payments", "POST", "https://pay.example/charges",
    (), b"{}", "k1", "main", None, "503", "no", 30.0,
)  # fmt: skip


def test_a_receipt_says_that_memory_is_not_durable() -> None:
    store = InMemoryStore()
    receipt = store.park(ENTRY)
    assert not receipt.durable
    assert store.entries == {receipt.id: ENTRY}


def test_the_same_call_parked_twice_is_one_entry() -> None:
    store = InMemoryStore()
    assert store.park(ENTRY) == store.park(replace(ENTRY, error="again"))
    assert list(store.entries.values()) == [ENTRY]


def test_a_full_store_refuses_and_keeps_its_old_promises() -> None:
    store = InMemoryStore(limit=1)
    store.park(ENTRY)
    with pytest.raises(OverflowError, match="1 entries"):
        store.park(replace(ENTRY, call_id="call-2"))
    assert list(store.entries.values()) == [ENTRY]
