"""Run a worker in the foreground: what it tells, and how it ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from battle_healer import HealingClient
from battle_healer.clients.surroundings import Surroundings
from battle_healer.journal.place import in_home
from battle_healer.rules import Rules
from battle_healer.text import safe
from battle_healer_cli.addresses import is_loopback
from battle_healer_replay.entry import RULE
from battle_healer_replay.worker import Worker
from battle_healer_replay.worker.pace import Limit

_STYLES: Final = {"succeeded": "green", "queued": "yellow", "dead": "red"}


def client_for(rules: Rules) -> HealingClient:
    """The client that delivers under some rules; a proxy is never asked for this machine."""
    urls = [region.url for destination in rules.destinations for region in destination.regions]
    return HealingClient(
        policy=rules,
        timeout=None,
        trust_env=not all(is_loopback(url) for url in urls),
        surroundings=Surroundings(journal=in_home),
    )


def limit_of(per_destination: int | None, rate: float | None) -> Limit | None:
    """What was typed for each destination; None where nothing was, so that the policy holds."""
    if per_destination is None and rate is None:
        return None
    return Limit(RULE.concurrency if per_destination is None else per_destination, rate)


def teller(console: Console) -> Callable[[str, Mapping[str, Any]], None]:
    """Prints one line for what each attempt came to; the log tells of alarms."""

    def tell(name: str, data: Mapping[str, Any]) -> None:
        if "state" not in data:
            return
        state = str(data["state"])
        reason = f" ({data['reason']})" if data["reason"] else ""
        wait_s = data["wait_s"]
        again = f", again in {wait_s:.3g} s" if wait_s is not None else ""
        where = "/".join(safe(str(data[part])) for part in ("provider", "region") if data[part])
        line = Text.assemble(
            f"{data['entry']}  {where}  ",
            (f"{state}{reason}", _STYLES.get(state, "")),
            f"{again}  {safe(data['detail'], 300)}",
        )
        console.print(line)

    return tell


class Idle:
    """Stands where a worker would, and does nothing until it is stopped."""

    def __init__(self) -> None:
        self._stopping = threading.Event()

    def run(self) -> None:
        """Wait for `stop`."""
        self._stopping.wait()

    def stop(self) -> None:
        """End `run`; from any thread."""
        self._stopping.set()


@contextmanager
def stopped_by_signals(worker: Worker | Idle, console: Console) -> Iterator[None]:
    """Ctrl-C and SIGTERM let it finish what is in hand; a second one ends it at once."""
    before: dict[int, Any] = {}

    def stop(number: int, frame: object) -> None:
        signal.signal(number, signal.default_int_handler)
        console.print("finishing what is in hand; once more ends it at once", style="dim")
        # In another thread: the signal may have come while this one holds a lock of the worker.
        threading.Thread(target=worker.stop).start()

    for ours in (signal.SIGINT, signal.SIGTERM):
        before[ours] = signal.signal(ours, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
