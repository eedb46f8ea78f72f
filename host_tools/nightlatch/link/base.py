# SPDX-License-Identifier: MIT
"""A transport is six methods: open, read, write, close and a context manager's two; a simulator is a URL."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from ..errors import PortUnavailable
from .url import LinkUrl

READ_CHUNK = 4096


class Link(ABC):
    """An open, exclusive, unframed byte pipe to one device.

    `url` names the device in messages. `timeout` (seconds) bounds opening and each write. A port that
    vanishes raises LinkLost from either direction.
    """

    def __init__(self, url: str, timeout: float) -> None:
        self.url = url
        self.timeout = timeout

    @staticmethod
    def open(url: str, timeout: float = 3.0) -> "Link":
        """Open the port that `url` names.

        Raises UsageError (no such scheme), NoDevice (nothing there), PortUnavailable (busy or forbidden).
        """
        where = LinkUrl.parse(url)
        if where.scheme == "serial":
            from .serial_link import SerialLink

            return SerialLink(where, timeout)
        if where.scheme == "tcp":
            from .tcp_link import TcpLink

            return TcpLink(where, timeout)
        from .pty_link import PtyLink
        from .running import running_car

        if where.scheme == "sim":
            return PtyLink(str(where), running_car(where.path).serial_path, timeout)
        return PtyLink(str(where), where.path, timeout)

    @abstractmethod
    def read(self, n: int, timeout: float) -> bytes:
        """Up to `n` bytes as soon as any are there; b"" when `timeout` seconds pass without one."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Hand over all of `data`; PortUnavailable when the port does not take it within the time-out."""

    @abstractmethod
    def close(self) -> None:
        """Let the port go. May be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _stuck(self) -> PortUnavailable:
        return PortUnavailable(
            f"the port took no data for {self.timeout:g} s",
            "unplug and replug the device, or restart the simulator",
            device=self.url,
        )
