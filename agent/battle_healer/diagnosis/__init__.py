"""What a failing exchange means. Read `diagnose` first, then `table` and a reader or two."""

from battle_healer.diagnosis.diagnose import diagnose, is_clean
from battle_healer.diagnosis.table import READERS, markdown

__all__ = ["READERS", "diagnose", "is_clean", "markdown"]
