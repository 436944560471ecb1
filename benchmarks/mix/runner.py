"""One client makes the eighty calls: a process of its own, so that a stuck one can be ended.

`python -m benchmarks.mix.runner CLIENT HOME OTHER DEAD` prints, a line a call, what the caller was
told. Each call has a fresh client, so that no breaker of one call decides another's, unless
`--shared` is given.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from dataclasses import asdict
from typing import Any, Final

from benchmarks.mix.calls import MIX, Case
from benchmarks.mix.clients.client import Client, Send, Site, Told, raised
from benchmarks.mix.clients.table import BY_NAME

AT_ONCE: Final = 16
PATIENCE_S: Final = 25.0
"""A caller's patience: what has not come back by then is no answer."""


def told_by(send: Send, case: Case) -> Told:
    """Make one call; an error that no caller would expect is told like any other."""
    try:
        return send(case.method, case.path, case.headers, case.body)
    except Exception as error:
        return raised(error)


class Calls:
    """All calls of one client, some at a time; a call that never returns holds nobody up."""

    def __init__(self, client: Client, home: Site, dead: Site, *, shared: bool) -> None:
        self._client, self._home, self._dead = client, home, dead
        self._shared = {site: client.opened(site) for site in (home, dead)} if shared else {}
        self._free = threading.Semaphore(AT_ONCE)
        self._printing = threading.Lock()

    def make_all(self) -> None:
        """Return when every call has come back or outlasted its caller's patience."""
        callers = [threading.Thread(target=self._one, args=(case,), daemon=True) for case in MIX]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()

    def _one(self, case: Case) -> None:
        with self._free:
            came_back: list[Told] = []
            call = threading.Thread(target=lambda: came_back.append(self._call(case)), daemon=True)
            call.start()
            call.join(PATIENCE_S)
        told = came_back[0] if came_back else Told(False, note=f"nothing within {PATIENCE_S:.0f} s")
        line: dict[str, Any] = {"call": case.number, "came_back": bool(came_back)} | asdict(told)
        line["body"] = told.body.decode("utf-8", "replace")
        with self._printing:
            print(json.dumps(line), flush=True)

    def _call(self, case: Case) -> Told:
        site = self._dead if case.variant == "refuses" else self._home
        return told_by(self._shared.get(site) or self._client.opened(site), case)


def main() -> None:
    """Make the calls and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", choices=BY_NAME)
    parser.add_argument("home")
    parser.add_argument("other")
    parser.add_argument("dead")
    parser.add_argument("--shared", action="store_true")
    asked = parser.parse_args()
    home, dead = Site(asked.home, asked.other), Site(asked.dead, asked.other)
    Calls(BY_NAME[asked.client], home, dead, shared=asked.shared).make_all()
    sys.stdout.flush()
    os._exit(0)  # a caller that still sleeps in a client must not hold the process


if __name__ == "__main__":
    main()
