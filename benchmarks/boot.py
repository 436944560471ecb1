"""How long `healer mock` takes until it answers: `python -m benchmarks.boot`."""

from __future__ import annotations

import http.client
import statistics
import subprocess
import time

from benchmarks.server import cpu_s, free_port, mock_command

STARTS = 9
_GIVE_UP_S = 30.0


def start() -> tuple[float, float]:
    """Seconds from the start of the process to the answer of /healthz, and of CPU within them."""
    port = free_port()
    began_s = time.perf_counter()
    process = subprocess.Popen(mock_command(port), stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    try:
        while not _is_up(port):
            assert time.perf_counter() - began_s < _GIVE_UP_S, "it never came up"
            time.sleep(0.002)  # noqa: TID251 - waits for a real process
        return time.perf_counter() - began_s, cpu_s(process.pid)
    finally:
        process.terminate()
        process.wait(10)


def _is_up(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def report() -> list[str]:
    """One line: medians and the slowest start."""
    taken, spent = zip(*(start() for _ in range(STARTS)), strict=True)
    return [
        f"healer mock until /healthz answers: {statistics.median(taken):.2f} s "
        f"(at most {max(taken):.2f} in {STARTS} starts), {statistics.median(spent):.2f} s of CPU"
    ]


if __name__ == "__main__":
    print("\n".join(report()))
