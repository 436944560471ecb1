"""Judge every client of the table, or one of your own: `make clients`."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from benchmarks.clients.judging import Judged, judge
from benchmarks.clients.plan import plan
from benchmarks.clients.report import PAGE, markdown, verdict, write_page
from benchmarks.clients.running import BrokenProgramError, mock_server, read_books, run
from benchmarks.clients.table import CLIENTS, Client

# Longer than the outage of a region, which ends after 30 s: who waits for it may get through.
PATIENCE_S: Final = 36.0
TIMEOUT_S: Final = 3.0
# Most of a client's time is waiting; more at once would be late for reasons that are not theirs.
AT_ONCE: Final = 4


def main() -> int:
    """Print what was found; exit 2 if a program broke, or if there was none to judge."""
    wanted = _arguments()
    clients = [client for client in CLIENTS if wanted.only in client.title]
    if wanted.program:
        clients = [Client("yours", wanted.program, tuple(shlex.split(wanted.program)))]
    missing = [client for client in clients if client.is_missing]
    for tool in sorted({str(client.tool) for client in missing}):
        _say(f"not judged: {tool} is missing; type: make tools TOOLS={tool}")
    present = [client for client in clients if client not in missing]
    results = _judge_all(present)
    if not results:
        return 2
    text = markdown(results, PATIENCE_S)
    sys.stdout.write(text + "\n")
    if len(results) == len(CLIENTS):
        write_page(text)
        _say(f"written into {PAGE}")
    else:
        _say(f"{PAGE} is left as it is, since not every client of the table was judged")
    return 0 if len(results) == len(present) else 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clients", description=__doc__)
    parser.add_argument("--only", default="", metavar="WORD", help="clients with it in their name")
    parser.add_argument("--program", default="", metavar="COMMAND", help="one of your own, instead")
    return parser.parse_args()


def _judge_all(clients: Sequence[Client]) -> list[tuple[Client, Judged]]:
    began_s, done = time.monotonic(), 0
    _say(f"{AT_ONCE} at a time; all of the table take about a minute")

    def judge_one(client: Client) -> tuple[Client, Judged] | None:
        nonlocal done
        try:
            judged = _judge(client)
        except BrokenProgramError as error:
            _say(f"not judged: {client.title}: its program ended with an error\n{error}")
            return None
        done += 1
        spent = f"{time.monotonic() - began_s:3.0f} s"
        _say(f"{spent}  {done:2}/{len(clients)}  {client.title}: {verdict(judged)}")
        return client, judged

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [result for result in pool.map(judge_one, clients) if result is not None]


def _judge(client: Client) -> Judged:
    calls = plan()
    with mock_server() as (url, token):
        asked = [call.call(url, token, TIMEOUT_S) for call in calls]
        told = run(client.command, asked, PATIENCE_S)
        return judge(calls, told, read_books(url))


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
