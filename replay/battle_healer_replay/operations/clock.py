"""The database's clock, which rules: leases and due times compare with nothing else.

It is one function in the database, `queue_now_ms()`, so that workers whose own clocks differ
agree, and so that a test can move it.
"""

from __future__ import annotations

from battle_healer_replay.engine import Session


def now_of(session: Session) -> int:
    """Milliseconds since 1970 of this transaction."""
    return int(session.rows("select queue_now_ms()")[0][0])
