# SPDX-License-Identifier: MIT
"""High-speed UART bus of the PN532: bytes as they are, woken by edges on its line. All buses have these methods."""

import asyncio
import select

from ..errors import ReaderError

# 5 rising edges wake the chip; the zeros last longer than its oscillator needs to start (data sheet, 8.3.3)
_WAKE = b"\x55\x55" + bytes(14)
_DRAIN_READS = 32


class Hsu:
    """A bus over a pollable stream with non-blocking readinto() and write(); one reader and one writer at a time."""

    def __init__(self, stream: "Any") -> None:
        self._stream = stream
        self._reader = asyncio.StreamReader(stream)
        self._room = select.poll()
        self._room.register(stream, select.POLLOUT)

    def wake(self) -> None:
        """Wakes a sleeping chip; harmless to one that is awake."""
        self.write(_WAKE)

    def write(self, data: "bytes | memoryview") -> None:
        """Sends all of data or raises ReaderError; never waits for a line that takes nothing."""
        for _, event in self._room.ipoll(0):
            if event & select.POLLOUT and self._stream.write(data) == len(data):
                return
        raise ReaderError("the reader's line takes no data")

    def drain(self, buf: memoryview) -> None:
        """Throws away what is waiting, at most as much as a full line buffer."""
        for _ in range(_DRAIN_READS):
            if not self._stream.readinto(buf):
                return

    async def read(self, buf: memoryview) -> int:
        """Waits for bytes and returns how many there are. Ends only by data, cancellation or OSError."""
        while True:
            count = await self._reader.readinto(buf)
            if count:
                return count
            await asyncio.sleep_ms(5)  # readable and empty: a hung-up line, not worth a busy loop


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
