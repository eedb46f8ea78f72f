# SPDX-License-Identifier: MIT
"""A TCP connection as a link: for an agent behind a serial server."""

import contextlib
import select
import socket

from ..errors import LinkLost, NoDevice, PortUnavailable
from .base import READ_CHUNK, Link
from .url import LinkUrl


class TcpLink(Link):
    """The far side decides how many may connect; this end asks for no more than a byte pipe."""

    def __init__(self, where: LinkUrl, timeout: float) -> None:
        super().__init__(str(where), timeout)
        try:
            self._socket = socket.create_connection((where.path, where.port), timeout=timeout)
        except PermissionError:
            raise PortUnavailable("no permission to connect", device=self.url) from None
        except OSError as error:
            reason = "no answer in time" if isinstance(error, TimeoutError) else error.strerror or str(error)
            raise NoDevice(
                f"cannot connect: {reason}", "check the host and the port", device=self.url
            ) from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self, n: int, timeout: float) -> bytes:
        try:
            ready, _, _ = select.select([self._socket], [], [], max(0.0, timeout))
            if not ready:
                return b""
            data = self._socket.recv(min(n, READ_CHUNK))
        except (OSError, ValueError):  # ValueError: closed here
            raise LinkLost("the link was lost", device=self.url) from None
        if not data:
            raise LinkLost("the other end hung up", device=self.url)
        return data

    def write(self, data: bytes) -> None:
        try:
            self._socket.settimeout(self.timeout)
            self._socket.sendall(data)
        except TimeoutError:
            raise self._stuck() from None
        except OSError:
            raise LinkLost("the link was lost", device=self.url) from None

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
