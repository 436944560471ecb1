"""Random combinations of faults: no keyed write is doubled, and each can be delivered."""

import random

import pytest
from tests.mock_server.careful import Careful
from tests.mock_server.driving import Mock

from battle_healer_mock.faults.table import FAULTS

SLICES = 10
PER_SLICE = 36
METHODS = [("GET", None), ("POST", "key"), ("POST", None)]
COUNTS = ["", "", "", "*2", "*3"]
# Bound to a place or a credential, these end with a change, not with a number of attempts.
UNCOUNTED = ("region_down", "quota", "budget", "expired_token", "revoked_token", "repair")


def combination(chance: random.Random) -> str:
    """One to four faults, some of them several times."""
    picked = chance.sample(FAULTS, chance.randint(1, 4))
    return ",".join(
        fault.name + ("" if fault.name in UNCOUNTED else chance.choice(COUNTS)) for fault in picked
    )


@pytest.mark.parametrize("part", range(SLICES))
def test_random_faults_are_healed_or_stopped_and_never_doubled(mock: Mock, part: int) -> None:
    chance = random.Random(part)  # noqa: S311 - not for secrets
    mock.post("/control/clock", json={"jump": True})
    for n in range(PER_SLICE):
        method, key = METHODS[n % 3]
        faults = combination(chance)
        mock.post("/reset")
        # Each of quota, budget and revoked_token may take a credential; one must be left.
        tokens = [mock.token(tier="backup") for _ in range(5)]
        client = Careful(mock, method, faults, key, iter(tokens))
        ending, effects = client.run(), len(mock.effects())
        told = [row["told"] for row in mock.rows()]
        where = (part, n, method, key, faults, ending, effects)
        if method == "GET":
            assert (ending, effects) == ("delivered", 0), where
        elif key is not None:
            assert (ending, effects) == ("delivered", 1), where
        elif ending == "delivered":
            assert effects == 1, where
        else:
            assert ending == "ambiguous", where
            assert effects <= 1, where
            assert told[-1] == "maybe", where
