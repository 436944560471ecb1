"""Our queue: `enqueue` from threads; `drain` claims and records, without sending anything."""

from __future__ import annotations

import sys

from battle_healer_replay import Draft, Payload, Queue, open_queue
from battle_healer_replay.operations.claim import Wish
from battle_healer_replay.transitions import Event
from benchmarks.queue.stores.timing import called, told

BATCH = 100


def draft(number: int) -> Draft:
    """Entry `number`: a keyed write of 100 bytes."""
    key = f"key-{number}"
    payload = Payload("POST", "https://pay.example/charges", (), b"x" * 100, key, "us")
    return Draft(f"call-{number}", f"corr-{number}", "pay", payload, safe=True, key=key)


def fill(queue: Queue, count: int, callers: int) -> None:
    """Enqueue from so many threads."""
    called(callers, count, lambda number: queue.enqueue(draft(number)))


def drain(queue: Queue, count: int) -> None:
    """End every entry."""
    while count:
        claims = queue.claim(Wish("w1", 30.0, BATCH)).claims
        queue.record_all([Event("succeed", c.entry.id, fence=c.entry.fence) for c in claims])
        count -= len(claims)


def main(measure: str, where: str, count: int, callers: int) -> None:
    """Measure one thing on an empty queue."""
    with open_queue(where) as queue:
        if measure == "enqueue":
            told(lambda: fill(queue, count, callers))
        else:
            fill(queue, count, 64)
            told(lambda: drain(queue, count))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
