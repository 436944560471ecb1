"""Run all benchmarks and print their tables."""

import platform
from importlib.metadata import version

from benchmarks import happy_path, planner, server

print(
    f"Python {platform.python_version()}, httpx2 {version('httpx2')}, uvicorn {version('uvicorn')}"
)
for report in (happy_path.report, planner.report, server.report):
    print()
    print("\n".join(report()))
