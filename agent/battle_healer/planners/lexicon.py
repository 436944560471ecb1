"""Words of a closed list that stand in an answer: all that a planner learns of its text.

A word of ours says that it, or one of its spellings, was seen; it says nothing of where, and no
other word of the text goes on. So neither an order nor a secret can travel this way (I2, I7).
"""

from __future__ import annotations

import re
from typing import Final

from battle_healer.model import Lost, Reply, Trouble

LEXICON: Final[dict[str, str]] = {
    "busy": r"busy|overloaded|capacity",
    "maintenance": r"maintenance",
    "unavailable": r"unavailable|outage",
    "timeout": r"time[d ]?-?out|deadline",
    "database": r"database|deadlock|sql",
    "upstream": r"upstream|gateway|proxy",
    "dns": r"resolv|dns|name or service",
    "tls": r"certificate|tls|ssl|handshake",
    "try again": r"try again|retry",
    "later": r"later",
    "limit": r"limit|throttl|too many",
    "quota": r"quota|credits?\b",
    "payment": r"payment|billing",
    "expired": r"expired",
    "revoked": r"revoked|disabled",
    "permission": r"permission|forbidden|denied|scope",
    "sign in": r"sign in|log ?in\b|captcha",
    "not found": r"not found|no such|does not exist",
    "gone": r"\bgone\b|deprecated|no longer",
    "moved": r"moved|renamed|redirect",
    "invalid": r"invalid|malformed|unprocessable",
    "missing": r"missing|required",
    "duplicate": r"duplicate|already exists|conflict",
    "in progress": r"in progress|processing|pending",
    "internal": r"internal|unexpected|exception|traceback",
    "reset": r"reset|broken pipe|aborted",
}
_PATTERN: Final = re.compile(
    "|".join(f"(?P<w{number}>{pattern})" for number, pattern in enumerate(LEXICON.values())),
    re.IGNORECASE,
)
_NAMES: Final = tuple(LEXICON)
_MOST_BYTES: Final = 4096


def words_in(trouble: Trouble) -> list[str]:
    """The words of the lexicon that the text of a trouble holds, in the lexicon's order."""
    match trouble:
        case Reply(body=bytes() as body):
            text = body[:_MOST_BYTES].decode("utf-8", "replace")
        case Lost(message=message):
            text = message[:_MOST_BYTES]
        case _:
            return []
    found = {int((hit.lastgroup or "w0")[1:]) for hit in _PATTERN.finditer(text)}
    return [_NAMES[number] for number in sorted(found)]
