"""What an exchange that broke, or never began, means."""

from __future__ import annotations

import re
from typing import Final

from battle_healer.model import Diagnosis, Kind, Lost, Refused

# RFC 9113, 8.7: a stream refused by REFUSED_STREAM was not processed at all. The whole beginning
# is compared, since other messages of the library repeat bytes that the server wrote (I7).
_REFUSED_STREAM: Final = re.compile(
    r"<StreamReset stream_id:\d+, error_code:(?:7|(?:ErrorCodes\.)?REFUSED_STREAM)[,>]"
)

# Time alone helps only by the hour, and another credential at once.
_SPENT: Final = frozenset({Kind.QUOTA_EXHAUSTED, Kind.PAYMENT_REQUIRED})


def of_lost(lost: Lost) -> Diagnosis:
    """Nothing was processed where no request went out; otherwise nobody can say."""
    evidence = (f"phase:{lost.phase}",)
    if lost.phase in ("connect", "tls"):
        return Diagnosis(Kind.CONNECT_FAILED, "no", "unchanged", reader="lost", evidence=evidence)
    if _REFUSED_STREAM.match(lost.message):
        return Diagnosis(Kind.CONNECTION_LOST, "no", "unchanged", reader="lost", evidence=evidence)
    kind = Kind.TIMEOUT if lost.timed_out else Kind.CONNECTION_LOST
    return Diagnosis(kind, "maybe", "unchanged", reader="lost", evidence=evidence)


def of_refused(refused: Refused) -> Diagnosis:
    """A gate of ours said no: nothing was sent, and the same may be sent later."""
    return Diagnosis(
        refused.kind,
        "no",
        "changed" if refused.kind in _SPENT else "unchanged",
        wait_s=refused.wait_s,
        reader="gate",
        evidence=(f"gate:{refused.gate}",),
    )
