"""Random combinations of faults with arguments, as a client of this server may meet them."""

import random

from battle_healer_mock.dialects.table import DIALECTS
from battle_healer_mock.fault import Fault
from battle_healer_mock.faults.table import FAULTS

# Bound to a place or a credential, these end with a change, not with a number of attempts.
UNCOUNTED = ("region_down", "quota", "budget", "expired_token", "revoked_token", "repair")
COUNTS = ("", "", "", "*2", "*3")
REGIONS = (*[""] * 7, "@us", "@us", "@eu")
SPELLINGS = (*[""] * len(DIALECTS), *(f"~{dialect.name}" for dialect in DIALECTS))
ENDLESS_SHARE = 0.04
METHODS = (("GET", None), ("POST", "key"), ("POST", None))


def combination(chance: random.Random) -> str:
    """One to four faults, some with a value, some several times."""
    picked = chance.sample(FAULTS, chance.randint(1, 4))
    return ",".join(_item(chance, fault) for fault in picked)


def wild_combination(chance: random.Random) -> str:
    """The same, here and there in one region only, without an end, or in some dialect."""
    return ",".join(_wild(chance, item) for item in combination(chance).split(","))


def _wild(chance: random.Random, item: str) -> str:
    is_endless = "*" not in item and chance.random() < ENDLESS_SHARE
    ending = "*inf" if is_endless else ""
    return item + ending + chance.choice(REGIONS) + chance.choice(SPELLINGS)


def _item(chance: random.Random, fault: Fault) -> str:
    text = fault.name
    if fault.argument is not None and chance.random() < 0.5:
        text += f"={chance.choice(fault.argument.forms)}"
    return text + ("" if fault.name in UNCOUNTED else chance.choice(COUNTS))
