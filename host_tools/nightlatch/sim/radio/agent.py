# SPDX-License-Identifier: MIT
"""The bench's end of the agent's Bluetooth socket: frames out, frames in, and answers matched to what was asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from bumble import att

from . import frames
from .frames import FrameError, ToAir

_ASKED_MAX = 16  # a link whose central writes faster than the agent reads loses the rest, as it would on the air
_CHUNK = 4096

Handler = Callable[[ToAir, bytes], Awaitable[None]]


class AgentLink:
    """One agent's stack. Reads and writes raise att.ATT_Error: what the stack answered, or why there is no answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._asked: dict[int, asyncio.Future[tuple[int, bytes]]] = {}
        self._waiting: Counter[int] = Counter()  # by link
        self._ticket = 0

    async def serve(self, handle: Handler) -> None:
        """Passes every frame to handle() until the agent hangs up or talks nonsense."""
        cutter = frames.Reader()
        try:
            while data := await self._reader.read(_CHUNK):
                for kind, fields in cutter.push(data):
                    if kind == ToAir.REPLY:
                        self._replied(fields)
                    else:
                        await handle(kind, fields)
        except (FrameError, ConnectionError):
            pass  # an agent that was killed, or is none: either way its radio is gone
        finally:
            self.close()

    def close(self) -> None:
        """Hangs up; whoever waits for an answer gets an error."""
        self._writer.close()
        for future in self._asked.values():
            if not future.done():
                future.set_exception(att.ATT_Error(att.ATT_UNLIKELY_ERROR_ERROR))
        self._asked.clear()

    def send(self, frame: bytes) -> None:
        """One frame to the agent; lost when it is gone."""
        if not self._writer.is_closing():
            self._writer.write(frame)

    async def write(self, link: int, handle: int, value: bytes) -> None:
        """A central's write; returns when the agent has dealt with it."""
        await self._ask(link, lambda ticket: frames.write(link, handle, ticket, value))

    async def read(self, link: int, handle: int) -> bytes:
        """A central's read."""
        return await self._ask(link, lambda ticket: frames.read(link, handle, ticket))

    async def _ask(self, link: int, frame: Callable[[int], bytes]) -> bytes:
        if self._waiting[link] >= _ASKED_MAX or self._writer.is_closing():
            raise att.ATT_Error(att.ATT_INSUFFICIENT_RESOURCES_ERROR)
        ticket = self._ticket
        while ticket in self._asked or not ticket:
            ticket = (ticket + 1) & 0xFFFF
        self._ticket = (ticket + 1) & 0xFFFF
        future: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self._asked[ticket] = future
        self._waiting[link] += 1
        self.send(frame(ticket))
        try:
            error, value = await future
        finally:
            self._asked.pop(ticket, None)
            self._waiting[link] -= 1
        if error:
            raise att.ATT_Error(error)
        return value

    def _replied(self, fields: bytes) -> None:
        ticket, error = frames.unpack("HB", fields)
        future = self._asked.get(ticket)
        if future is not None and not future.done():
            future.set_result((error, fields[3:]))
