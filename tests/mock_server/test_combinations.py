"""Random combinations of faults: no keyed write is doubled, and each can be delivered."""

import random
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from tests.mock_server.careful import Careful, Ending
from tests.mock_server.driving import Mock
from tests.support.sizes import CAREFUL_COMBINATIONS, CROWDED_COMBINATIONS

from battle_healer.drivers.virtual import VirtualTime
from battle_healer_mock.dialects.table import DIALECTS
from battle_healer_mock.fault import Fault
from battle_healer_mock.faults.table import FAULTS

PARTS = 10
CALLERS = 50
METHODS = [("GET", None), ("POST", "key"), ("POST", None)]
COUNTS = ["", "", "", "*2", "*3"]
# Bound to a place, a credential or a fact, these end with a change, not with a number of attempts.
UNCOUNTED = ("region", "token", "credential", "body")
# What no client can change anything about.
ONCE = {"forbidden": "forbidden", "overload": "overload=0*1", "gone": "gone"}
# A reply of `poison` is good; what it does to the next caller has a test of its own.
HARMLESS = {"bad_length": ("short", "long")}
# Of a crowd: one depends on how many requests are there at once, the others keep the server's time.
NOT_FOR_CROWDS = ("overload", "latency", "drip", "stall", "bad_length")
CROWDED = tuple(fault for fault in FAULTS if fault.name not in NOT_FOR_CROWDS)


def written(fault: Fault, chance: random.Random) -> str:
    """The fault with an argument of its choices and a count, where they end by themselves."""
    if fault.name in ONCE:
        return ONCE[fault.name]
    forms = fault.argument.forms if fault.argument else ()
    forms = HARMLESS.get(fault.name, forms)
    value = f"={chance.choice(forms)}" if forms and fault.binding == "call" else ""
    return fault.name + value + ("" if fault.binding in UNCOUNTED else chance.choice(COUNTS))


def combination(chance: random.Random, faults: tuple[Fault, ...] = FAULTS) -> tuple[str, bool]:
    """One to four faults, some of them several times; and whether giving up may be right."""
    picked = chance.sample(faults, chance.randint(1, 4))
    return ",".join(written(fault, chance) for fault in picked), any(
        fault.heals == "abort" for fault in picked
    )


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_random_faults_are_healed_or_stopped_and_never_doubled(mock: Mock, part: int) -> None:
    chance = random.Random(part)  # noqa: S311 - not for secrets
    mock.post("/control/clock", json={"jump": True})
    dialects = [dialect.name for dialect in DIALECTS if dialect.says_processed]
    for n in range(CAREFUL_COMBINATIONS.now // PARTS):
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


class InStep(Mock):
    """Time passes only when every caller of the crowd waits, so that none disturbs another."""

    def __init__(self, url: str, time: VirtualTime) -> None:
        super().__init__(url)
        self._time = time

    def advance(self, seconds: float) -> None:
        self._time.wait(seconds)


@pytest.mark.soak
def test_a_crowd_leaves_the_same_digest_in_two_runs(mock: Mock) -> None:
    for first in range(0, CROWDED_COMBINATIONS.now, CALLERS):
        runs = [crowd(mock, range(first, first + CALLERS)) for _ in range(2)]
        assert runs[0] == runs[1], first
        faults = {met for met, _ in runs[0][1]}
        assert len(faults) > CALLERS / 2, "they met different failures"


def crowd(mock: Mock, callers: range) -> tuple[str, list[tuple[str, Ending]]]:
    """The digest that callers side by side leave, and what each met and how it ended."""
    mock.post("/control/scenario", json={"name": f"crowd of {callers}"})
    time = VirtualTime(len(callers), mock.advance)
    with ThreadPoolExecutor(len(callers)) as pool:
        endings = list(pool.map(partial(one_of_a_crowd, mock.url, time), callers))
    return str(mock.get("/journal?canonical=1").json()["digest"]), endings


def one_of_a_crowd(url: str, time: VirtualTime, n: int) -> tuple[str, Ending]:
    """What one caller of its own name, tokens and connections met, and how it ended."""
    chance = random.Random(f"crowd {n}")  # noqa: S311 - not for secrets
    faults, _ = combination(chance, CROWDED)
    method, key = METHODS[n % 3]
    with time.caller(), InStep(url, time) as own:
        tokens = [own.token(f"user-{n}", "backup", ["charge:write"]) for _ in range(5)]
        call = Careful(own, method, faults, key, iter(tokens), call=f"corr-{n}")
        return faults, call.run()
