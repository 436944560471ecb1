"""What holds for all tests."""

import signal


def pytest_configure() -> None:
    """Let Ctrl-C mean something to the commands that tests start.

    A shell that runs the tests in the background makes them ignore SIGINT, and every process that
    they start would inherit that; a handler of ours is not inherited, it becomes the default.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
