"""A signal that the blocking call did not notice still ends the command."""

import signal
import subprocess
import sys

import pytest

from battle_healer_cli.interrupts import prompt_interrupts

# The signal is taken by another thread, so the main thread's read is not cut short by it: as when
# it comes just before that read begins.
_UNNOTICED = """
import socket, signal, sys, threading
from battle_healer_cli.interrupts import prompt_interrupts
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where nohup runs the tests
with socket.create_server(("127.0.0.1", 0)) as server:
    silent = socket.create_connection(server.getsockname(), 60)
    begin = threading.Timer(
        0.2, lambda: signal.pthread_kill(threading.get_ident(), int(sys.argv[1]))
    )
    begin.start()
    try:
        with prompt_interrupts():
            silent.recv(1)
    except KeyboardInterrupt:
        print("interrupted")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_a_read_did_not_notice_ends_it(number: int) -> None:
    command = [sys.executable, "-c", _UNNOTICED, str(int(number))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == "interrupted\n", done.stderr


def test_a_closed_terminal_that_is_to_be_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with prompt_interrupts():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_nothing_is_left_of_it() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
    before = [signal.getsignal(number) for number in numbers]
    with prompt_interrupts():
        assert signal.getitimer(signal.ITIMER_REAL)[1] > 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert before == [signal.getsignal(number) for number in numbers]
