"""News between processes, by NOTIFY: a herald tells, a watch listens."""

from __future__ import annotations

import os
import select
import socket
import threading
from contextlib import suppress
from typing import Any, Final

import psycopg

from battle_healer_replay.engine import Row

Connection = psycopg.Connection[Row]

_CHANNEL: Final = "healer_queue"
_BETWEEN_S: Final = 0.05


class Herald:
    """Notifies from a thread and a connection of its own, at most each 50 ms.

    Inside the transactions that make the news, commits would queue up for the lock of NOTIFY, and
    their callers would wait for an exchange more.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._is_owed, self._ended = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()

    def tell(self) -> None:
        """Tell soon. Called by one thread at a time."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="healer-herald", daemon=True)
            self._thread.start()
        if not self._is_owed.is_set():
            self._is_owed.set()

    def close(self) -> None:
        """Tell what is owed, and end."""
        self._ended.set()
        self._is_owed.set()
        if self._thread is not None and os.getpid() == self._pid:
            self._thread.join()

    def _run(self) -> None:
        connection: Connection | None = None
        while self._is_owed.wait():
            self._is_owed.clear()
            is_last = self._ended.is_set()
            with suppress(psycopg.Error, OSError):
                if connection is None or connection.closed:
                    connection = psycopg.connect(self._url, autocommit=True)
                connection.execute(f"notify {_CHANNEL}")
            if is_last:
                break
            self._ended.wait(_BETWEEN_S)
        if connection is not None:
            connection.close()


class PostgresWatch:
    """Listens; while nobody answers it only lets time pass, and the worker looks by itself."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None
        self._ear, self._mouth = socket.socketpair()
        self._lock = threading.Lock()
        self._listen()

    def wait(self, seconds: float) -> bool:
        """Let at most `seconds` pass; True once there is news, or `wake` was called."""
        self._listen()
        connection = self._connection
        ears: list[Any] = [self._ear]
        if connection is not None:
            ears.append(connection)
        ready, _, _ = select.select(ears, [], [], max(0.0, seconds))
        if self._ear in ready:
            self._ear.recv(4096)
        if connection is not None and connection in ready:
            self._hear(connection)
        return bool(ready)

    def wake(self) -> None:
        """End the wait at once."""
        with suppress(OSError):
            self._mouth.send(b"!")

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
        self._ear.close()
        self._mouth.close()

    def _hear(self, connection: Connection) -> None:
        try:
            for _ in connection.notifies(timeout=0):
                continue
        except (psycopg.Error, OSError):
            connection.close()

    def _listen(self) -> None:
        if self._connection is not None and not self._connection.closed:
            return
        self._connection = None
        with suppress(psycopg.Error, OSError):
            connection = psycopg.connect(self._url, autocommit=True)
            connection.execute(f"listen {_CHANNEL}")
            self._connection = connection
