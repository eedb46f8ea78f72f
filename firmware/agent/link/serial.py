# SPDX-License-Identifier: MIT
"""The serial link: frames in, one answer each, whatever else comes down the cable."""

import asyncio
import select

from wire import frame
from wire.errors import WireError

_CHUNK = 256
_PAUSE_MS = 200


class SerialLink:
    """Serves a channel on a byte stream with readinto(buf) and write(buf).

    What is not a frame is dropped. After each chunk the other links get their turn, so a flood can't starve them.
    """

    def __init__(self, stream: "Stream", channel: "Channel", guard: "Guard") -> None:
        self._guard = guard
        self._stream = stream
        self._channel = channel
        self._decoder = frame.Decoder()
        self._waiting = select.poll()
        self._waiting.register(stream, select.POLLIN)
        self.beat: "Callable[[], None]" = _nothing  # called after each chunk

    def idle(self) -> bool:
        """Whether nothing waits to be read."""
        for _, event in self._waiting.ipoll(0):
            return event & select.POLLIN == 0
        return True

    def bad(self) -> int:
        """Frames dropped since the start."""
        return self._decoder.bad

    async def run(self) -> None:
        """Serves for ever; a port that goes away is waited for."""
        buf = bytearray(_CHUNK)
        view = memoryview(buf)
        reader = asyncio.StreamReader(self._stream)
        while True:
            try:
                got = await reader.readinto(buf)
                self.beat()
                if not got:
                    await asyncio.sleep_ms(_PAUSE_MS)
                    continue
                for payload in self._decoder.push(view[:got]):
                    with self._guard:
                        answer = self._channel.handle(payload)
                    self._send(frame.encode(answer))
            except (OSError, WireError):
                await asyncio.sleep_ms(_PAUSE_MS)
            await asyncio.sleep_ms(0)

    def _send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            sent = self._stream.write(view)
            if not sent:
                return  # nobody takes it: the technician asks again
            view = view[sent:]


def _nothing() -> None:
    pass


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from ..channel.channel import Channel
    from ..guard import Guard

    class Stream(Protocol):
        """A pollable byte stream."""

        def readinto(self, buf: bytearray) -> "int | None":
            """Reads what is there."""

        def write(self, data: bytes) -> "int | None":
            """Writes what fits."""
