"""What common HTTP clients do under chaos, judged by the mock server: `make clients`."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
