"""All mocks, ours first."""

from __future__ import annotations

from typing import Final

from benchmarks.mocks import mockoon, mountebank, ours, prism, wiremock

OURS: Final = ours.ROW
MOCKS: Final = (OURS, wiremock.ROW, mountebank.ROW, prism.ROW, mockoon.ROW)
