"""`python -m benchmarks.queue [PYTHON]`: the queue's table; PYTHON has the peers installed."""

import sys
from pathlib import Path

from benchmarks.queue.report import report

if len(sys.argv) > 1:
    report(print, Path(sys.argv[1]))
else:
    report(print)
