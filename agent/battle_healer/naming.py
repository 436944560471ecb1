"""When two names of a field are the same name: by spelling, by one letter, by convention."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_SIGNS: Final = re.compile(r"[^\w]|_")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\W_]+")
# As they are written where there are none; other marks are simply left out.
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
# Longer ones are no names, and might be made to cost.
_MOST_LETTERS: Final = 200
# Shorter names are too near to each other: `to` and `no`, `id` and `ip`.
_LEAST_LETTERS: Final = 4

SYNONYMS: Final[tuple[frozenset[str], ...]] = tuple(
    frozenset(words.split())
    for words in (
        "quantity qty",
        "description desc",
        "postalcode zip zipcode postcode plz",
        "state status",
        "latitude lat",
        "longitude lng lon long",
        "email mail emailaddress",
        "phone telephone tel phonenumber",
        "identifier id",
        "amount amt amountvalue amtvalue",
        "transactionid txnid transactionreference txid",
        "address addr",
        "customer client buyer",
        "name fullname",
        "message msg",
        "reference ref",
        "colour color",
        "organisation organization org",
        "currency currencycode",
        "country countrycode",
        "note memo",
        "region regionname",
        "begin start starts startsat startat begins",
        "end ends endsat endat",
        "createdat created createdon creationdate createddate datecreated",
        "updatedat updated updatedon modifiedat modified lastmodified",
        "expiresat expires expiry expiration expiresin",
        "image img picture",
        "url link href uri",
        "firstname givenname forename",
        "lastname surname familyname",
        "birthdate dateofbirth dob birthday",
        "maximum max",
        "minimum min",
        "parameters params",
        "configuration config",
    )
)
"""Names that conventions use for one thing, as `plain` gives them. Small on purpose (I5)."""

LOOSE: Final[tuple[frozenset[str], ...]] = (
    frozenset({"amount", "total", "sum", "value"}),
    frozenset({"number", "no", "num", "nr", "count"}),
)
"""Names that mean one thing only where somebody says that one is wrong and the other missing."""

UNITS: Final[dict[str, tuple[str, str]]] = {
    "ms": ("time", "0.001"), "millis": ("time", "0.001"), "milliseconds": ("time", "0.001"),
    "s": ("time", "1"), "sec": ("time", "1"), "secs": ("time", "1"), "seconds": ("time", "1"),
    "minutes": ("time", "60"), "mins": ("time", "60"), "hours": ("time", "3600"),
    "cents": ("money", "0.01"), "minor": ("money", ""),
    "g": ("mass", "0.001"), "grams": ("mass", "0.001"), "kg": ("mass", "1"),
    "mm": ("length", "0.001"), "cm": ("length", "0.01"), "m": ("length", "1"),
    "meters": ("length", "1"), "km": ("length", "1000"),
    "bytes": ("size", "1"), "kb": ("size", "1000"), "mb": ("size", "1000000"),
}  # fmt: skip
"""Words that tell a name's unit: its dimension, and its factor to the first unit of that.

An amount in `minor` units has no factor: it depends on the currency (ISO 4217).
"""

EPOCHS: Final = frozenset({"epoch", "unix", "timestamp"})
"""Words that tell that a number is an instant."""

_OTHER_WORDS = (
    "id ids count days percent pct eur usd gbp "
    "min max minimum maximum total sub net gross tax fee discount refund refunded old new "
    "previous prev next last first from to source target sender recipient billing shipping "
    "is has not no url uri type kind name at on date start end default limit"
)
OTHER_THINGS: Final = frozenset(_OTHER_WORDS.split()).union(UNITS, EPOCHS)
"""Words that make another thing of a name they are added to: `amount_cents`, `max_amount`."""
_LEAST_AFFIXED: Final = 3


def plain(name: str) -> str:
    """A name without case, separators and accents: what all its spellings share."""
    folded = name[:_MOST_LETTERS].casefold().translate(_UMLAUTS)
    if folded.isascii():
        return _SIGNS.sub("", folded)
    flat = unicodedata.normalize("NFKD", folded)
    return _SIGNS.sub("", "".join(c for c in flat if not unicodedata.combining(c)))


def words(name: str) -> tuple[str, ...]:
    """A name's words, lower case: `totalAmount`, `total_amount` and `TotalAmount` give two."""
    return tuple(part.lower() for part in _HUMP.split(name) if part)


def are_synonyms(one: str, other: str, *, loosely: bool = False) -> bool:
    """Whether a convention uses both names for one thing; `loosely` asks `LOOSE` too."""
    a, b = plain(one), plain(other)
    rows = (*SYNONYMS, *LOOSE) if loosely else SYNONYMS
    return any(a in names and b in names for names in rows)


def is_affixed(one: str, other: str) -> bool:
    """Whether one name is the other with words before or after it: `product_sku` and `sku`.

    False where such a word makes another thing of it (a unit, a bound, an identifier). This is
    weak: it counts only where somebody says that one is wrong and the other is missing.
    """
    short, long = sorted((words(one), words(other)), key=len)
    more = len(long) - len(short)
    if not short or not more:
        return False
    added = long[:more] if long[more:] == short else long[len(short) :]
    fits = long in ((*added, *short), (*short, *added))
    return fits and OTHER_THINGS.isdisjoint(added) and len("".join(short)) >= _LEAST_AFFIXED


def is_one_letter_apart(one: str, other: str) -> bool:
    """Whether one letter more, less, changed, or two swapped make one of the other.

    False for names too short to tell a slip from another word.
    """
    a, b = sorted((plain(one), plain(other)), key=len)
    if len(a) < _LEAST_LETTERS or len(b) - len(a) > 1 or a == b:
        return False
    at = next((i for i, c in enumerate(a) if c != b[i]), len(a))
    if len(a) == len(b):
        swapped = a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :]
        return a[at + 1 :] == b[at + 1 :] or swapped
    return a[at:] == b[at + 1 :]


def same(name: str, among: Iterable[str]) -> str | None:
    """The one of `among` that is the name spelled otherwise, else the one a letter apart.

    None where none is, or more than one.
    """
    given = list(among)
    for alike in (
        [other for other in given if plain(other) == plain(name)],
        [other for other in given if is_one_letter_apart(name, other)],
    ):
        if alike:
            return alike[0] if len(alike) == 1 else None
    return None


def resembles(name: str, other: str) -> bool:
    """Whether two names could mean one thing, by any of the ways above."""
    return (
        plain(name) == plain(other)
        or is_one_letter_apart(name, other)
        or are_synonyms(name, other, loosely=True)
    )
