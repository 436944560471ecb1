"""The dialects, in the order of the documentation; the first is the default."""

from __future__ import annotations

from typing import Final

from battle_healer_mock.dialects import plain, problem

DIALECTS: Final = (problem.ROW, plain.ROW)
BY_NAME: Final = {dialect.name: dialect for dialect in DIALECTS}
DEFAULT: Final = problem.ROW
