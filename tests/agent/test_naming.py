"""When two names are the same name."""

import pytest

from battle_healer.naming import (
    EPOCHS,
    UNITS,
    are_synonyms,
    is_affixed,
    is_one_letter_apart,
    plain,
    same,
    words,
)


@pytest.mark.parametrize(
    "name", ["total_amount", "totalAmount", "TotalAmount", "total-amount", "TOTAL_AMOUNT"]
)
def test_all_spellings_of_a_name_share_its_plain_form(name: str) -> None:
    assert plain(name) == "totalamount"
    assert plain(name) == plain("".join(words(name)))


def test_letters_with_marks_are_read_as_they_are_transcribed() -> None:
    assert plain("größe") == plain("groesse")


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("adress", "address", True),
        ("emial", "email", True),
        ("recieved_at", "received_at", True),
        ("canceled", "cancelled", True),
        ("quantity", "quality", False),
        ("cat", "car", False),
        ("total", "total", False),
        ("subtotal", "total", False),
    ],
)
def test_a_slip_of_one_letter_is_told_from_another_word(
    one: str, other: str, *, apart: bool
) -> None:
    assert is_one_letter_apart(one, other) is apart
    assert is_one_letter_apart(other, one) is apart


def test_a_name_that_resembles_two_is_none_of_them() -> None:
    assert same("address_line", ["address_line1", "address_line2"]) is None
    assert same("addressLine1", ["address_line1", "address_line2"]) == "address_line1"


@pytest.mark.parametrize(
    ("one", "other"),
    [("total", "subtotal"), ("amount", "amount_refunded"), ("phone", "fax"), ("name", "username"),
     ("createdAt", "updatedAt"), ("id", "external_id"), ("access_token", "refresh_token")],
)  # fmt: skip
def test_what_merely_looks_alike_is_no_synonym(one: str, other: str) -> None:
    assert not are_synonyms(one, other)


@pytest.mark.parametrize("word", sorted(UNITS.keys() | EPOCHS))
def test_a_unit_makes_another_thing_of_a_name(word: str) -> None:
    assert not is_affixed("weight", f"weight_{word}")
    assert is_affixed("weight", "parcel_weight")
