"""Faults below HTTP: the connection in the hands of the application.

After a raw write, FIN or RST the application must wait for `http.disconnect` before it
returns, and the connection is never used again: a raw answer bypasses all bookkeeping. What a
client still sends on it is not a request, but the end of it.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Final

# SO_LINGER on, for zero seconds: closing sends RST. Source: RFC 9293; socket(7).
_RESET_AT_CLOSE: Final = struct.pack("ii", 1, 0)
# Turns of the loop within which a small write leaves for the kernel; a peer that reads nothing
# must not hold us.
_MOST_TURNS: Final = 100


class Wire:
    """The connection under a request. `number` is its own, `port` the listener's.

    requests: how many came on it so far. spent: it was used raw, and nothing more is read.
    """

    __slots__ = ("_transport", "number", "port", "requests", "spent")

    def __init__(self, transport: asyncio.Transport, number: int) -> None:
        self._transport = transport
        self.number = number
        self.requests = 0
        self.spent = False
        name: object = transport.get_extra_info("sockname")
        self.port: int | None = name[1] if isinstance(name, tuple) else None

    @property
    def is_lost(self) -> bool:
        """Whether the connection is closed or closing."""
        return self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Send raw bytes; from here on the connection is no longer HTTP's."""
        self.spent = True
        self._transport.write(data)

    def fin(self) -> None:
        """Close in good order, after what was written."""
        self.spent = True
        self._transport.close()

    async def flushed(self) -> None:
        """Wait until what was written has left, as far as the peer takes it."""
        for _ in range(_MOST_TURNS):
            if self.is_lost or not self._transport.get_write_buffer_size():
                return
            await asyncio.sleep(0)

    def rst(self) -> None:
        """Tear the connection down; what is not yet sent is lost."""
        self.spent = True
        sock: socket.socket = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        self._transport.abort()
