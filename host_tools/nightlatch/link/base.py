# SPDX-License-Identifier: MIT
"""A transport is five methods: read, write, close and a context manager's two; opening.py opens one by its URL."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from ..errors import PortUnavailable

READ_CHUNK = 4096


class Link(ABC):
    """An open, exclusive, unframed byte pipe to one device.

    `url` names the device in messages. `timeout` (seconds) bounds opening and each write. A port that
    vanishes raises LinkLost from either direction.
    """

    def __init__(self, url: str, timeout: float) -> None:
        self.url = url
        self.timeout = timeout

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
