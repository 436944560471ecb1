"""How long the long tests are: a slice in every run, all of it in `make soak`.

Who takes a size from here carries the mark `soak`: that is how `make soak` finds it.
"""

import os
from typing import Final, NamedTuple


class Size(NamedTuple):
    """How many; `whole` holds where HEALER_SOAK is 1."""

    part: int
    whole: int

    @property
    def now(self) -> int:
        """How many in this run."""
        return self.whole if os.environ.get("HEALER_SOAK") == "1" else self.part


CAREFUL_COMBINATIONS: Final = Size(600, 4000)
CRASHED_ENTRIES: Final = Size(1000, 10_000)
CROWDED_COMBINATIONS: Final = Size(50, 4000)
HEALED_COMBINATIONS: Final = Size(96, 2000)
PROPERTY_EXAMPLES: Final = Size(500, 10_000)
RANDOM_RANKINGS: Final = Size(600, 100_000)
STORE_EXAMPLES: Final = Size(25, 400)
