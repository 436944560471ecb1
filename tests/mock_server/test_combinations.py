"""Random combinations of faults: no keyed write is doubled, and each can be delivered."""

import random

import pytest
from tests.mock_server.careful import Careful
from tests.mock_server.driving import Mock

from battle_healer_mock.dialects.table import DIALECTS
from battle_healer_mock.fault import Fault
from battle_healer_mock.faults.table import FAULTS

SLICES = 10
PER_SLICE = 60
METHODS = [("GET", None), ("POST", "key"), ("POST", None)]
COUNTS = ["", "", "", "*2", "*3"]
# Bound to a place, a credential or a fact, these end with a change, not with a number of attempts.
UNCOUNTED = ("region", "token", "credential", "body")
# What no client can change anything about.
ONCE = {"forbidden": "forbidden", "overload": "overload=0*1", "gone": "gone"}
# A reply of `poison` is good; what it does to the next caller has a test of its own.
HARMLESS = {"bad_length": ("short", "long")}


def written(fault: Fault, chance: random.Random) -> str:
    """The fault with an argument of its choices and a count, where they end by themselves."""
    if fault.name in ONCE:
        return ONCE[fault.name]
    forms = fault.argument.forms if fault.argument else ()
    forms = HARMLESS.get(fault.name, forms)
    value = f"={chance.choice(forms)}" if forms and fault.binding == "call" else ""
    return fault.name + value + ("" if fault.binding in UNCOUNTED else chance.choice(COUNTS))


def combination(chance: random.Random) -> tuple[str, bool]:
    """One to four faults, some of them several times; and whether giving up may be right."""
    picked = chance.sample(FAULTS, chance.randint(1, 4))
    return ",".join(written(fault, chance) for fault in picked), any(
        fault.heals == "abort" for fault in picked
    )


@pytest.mark.parametrize("part", range(SLICES))
def test_random_faults_are_healed_or_stopped_and_never_doubled(mock: Mock, part: int) -> None:
    chance = random.Random(part)  # noqa: S311 - not for secrets
    mock.post("/control/clock", json={"jump": True})
    dialects = [dialect.name for dialect in DIALECTS if dialect.says_processed]
    for n in range(PER_SLICE):
        method, key = METHODS[n % 3]
        faults, may_give_up = combination(chance)
        dialect = chance.choice(dialects)
        mock.post("/reset")
        # Four faults may take a credential each; the rest have the scope that one may lack.
        tokens = [mock.token(tier="backup")]
        tokens += [mock.token(tier="backup", scopes=["charge:write"]) for _ in range(5)]
        client = Careful(mock, method, faults, key, iter(tokens), dialect=dialect)
        ending, effects = client.run(), len(mock.effects())
        told = [row["told"] for row in mock.rows()]
        where = (part, n, method, key, faults, dialect, ending, effects)
        if may_give_up and key is not None:
            assert (ending, effects) == ("no cure", 0), where
        elif method == "GET":
            assert (ending, effects) == ("delivered", 0), where
        elif key is not None:
            assert (ending, effects) == ("delivered", 1), where
        elif ending == "delivered":
            assert effects == 1, where
        else:
            assert ending == "ambiguous", where
            assert effects <= 1, where
            assert told[-1] == "maybe", where
