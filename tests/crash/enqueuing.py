"""What is parked in the crash suite, and a program that parks it and may be killed at any point.

Run as `enqueuing.py QUEUE URL COUNT FILE`; FILE gets a line for each entry that was acknowledged.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Final
from uuid import UUID

from battle_healer_replay import Draft, Payload, Queue, open_queue
from battle_healer_replay.errors import QueueError

_UUID7: Final = 0x7 << 76 | 0x8 << 60


@dataclass(frozen=True)
class Kind:
    """A sort of entry. fault: what the API does to its first send."""

    keyed: bool
    fault: str = ""
    in_doubt: bool = False


KINDS: Final = (
    *[Kind(keyed=True)] * 12,
    Kind(keyed=True, fault="retryable_500"),
    Kind(keyed=True, fault="reset_after_effect"),
    Kind(keyed=True, fault="region_down@us"),
    *[Kind(keyed=False)] * 4,
    Kind(keyed=False, in_doubt=True),
)
"""Entry i is of kind i modulo their number."""


def kind_of(number: int) -> Kind:
    """What sort entry `number` is of."""
    return KINDS[number % len(KINDS)]


def call_id(number: int) -> str:
    """The call of entry `number`, the same in every run of this program."""
    return f"call-{UUID(int=_UUID7 | number)}"


def draft(number: int, url: str) -> Draft:
    """Entry `number`, the same in every run of this program."""
    kind = kind_of(number)
    key = f"key-{number}" if kind.keyed else None
    headers = [("Content-Type", "application/json")]
    headers += [("Idempotency-Key", key)] if key else []
    headers += [("X-Simulate-Failure", kind.fault)] if kind.fault else []
    body = json.dumps({"transactionId": f"t{number}", "amount": 15}).encode()
    return Draft(
        call_id(number),
        f"corr-{number}",
        "mock",
        Payload("POST", f"{url}/external-api", tuple(headers), body, key, "us", policy="mock.yaml"),
        safe=kind.keyed,
        key=key,
        doubt=kind.in_doubt,
        max_failures=100,  # so many kills are the test's doing, and no fault of an entry
    )


def _kept(queue: Queue, wanted: Draft) -> str:
    while True:
        try:
            return queue.enqueue(wanted).id
        except QueueError:
            Event().wait(0.1)  # the database is away: it was not acknowledged, so once more


def main(where: str, url: str, count: int, file: str) -> None:
    """Park what was not acknowledged to an earlier run of this program."""
    acknowledged = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with open(file, encoding="ascii") as lines:
        known = {int(line) for line in lines}

    with open_queue(where) as queue, ThreadPoolExecutor(16) as callers:

        def park(number: int) -> None:
            _kept(queue, draft(number, url))
            os.write(acknowledged, b"%d\n" % number)

        for _ in callers.map(park, (n for n in range(count) if n not in known)):
            pass


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
