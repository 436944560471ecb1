"""Measure, print, and write RESULTS.md: all parts, or those that are named."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from functools import partial

from benchmarks.parts import PARTS
from benchmarks.results import put, stamped
from benchmarks.tools import ROOT

INTERRUPTED = 130


def _say(part: str, text: str) -> None:
    print(f"[{part}] {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Run the parts; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = [part.name for part in PARTS]
    parser.add_argument("only", nargs="*", metavar="PART", help=", ".join(names))
    asked = parser.parse_args()
    if unknown := set(asked.only) - set(names):
        parser.error(f"unknown part {', '.join(sorted(unknown))}; known: {', '.join(names)}")
    # A part ends its processes on the way out, whatever asks it to go.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(INTERRUPTED))
    for part in PARTS:
        if asked.only and part.name not in asked.only:
            continue
        began = time.monotonic()
        lines = part.report(partial(_say, part.name))
        section = stamped(part, lines, time.monotonic() - began)
        put(ROOT / "RESULTS.md", PARTS, part, section)
        print(section, flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
