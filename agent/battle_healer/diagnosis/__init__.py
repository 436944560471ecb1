"""What a failing exchange means. Read `diagnose` first, then `table` and a reader or two."""

from battle_healer.diagnosis.clean import is_clean, is_plain_body, is_plain_head
from battle_healer.diagnosis.diagnose import diagnose
from battle_healer.diagnosis.success import is_stale, verified
from battle_healer.diagnosis.table import READERS, markdown

__all__ = [
    "READERS",
    "diagnose",
    "is_clean",
    "is_plain_body",
    "is_plain_head",
    "is_stale",
    "markdown",
    "verified",
]
