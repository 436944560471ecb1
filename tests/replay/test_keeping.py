"""What is handed in is kept, once, and can be found again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from battle_healer_replay.entry import Payload, State
from battle_healer_replay.errors import KeyReusedError
from battle_healer_replay.operations.look import Filter
from battle_healer_replay.queue import Queue



def test_what_was_kept_is_there_after_a_restart(rig) -> None:
    draft = rig.draft(
        payload=Payload(
            "POST", "https://pay.example/c", (("X-A", "1"),), b"\x00\xff", "k1", "us", "main", "p", "e"
        )
    )
    receipt = rig.queue.enqueue(draft)
    rig.queue.close()
    rig.queue = Queue(rig.open())
    story = rig.queue.story(receipt.id)
    assert story.payloads == (draft.payload,)
    assert (story.entry.state, story.entry.fence, story.entry.failures) == (State.QUEUED, 0, 0)
