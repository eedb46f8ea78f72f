# SPDX-License-Identifier: MIT
"""Ties the simulated Bluetooth stack (blesim.c) to the simulator's air over a stream; blesim.h has the frames."""

import asyncio

import blesim
from micropython import const

_RETRY_MS = const(100)
_CHUNK = const(512)
_FRAME_MAX = const(600)


class AirLink:
    """The agent's end of the air. connect() gives a pollable stream whose calls don't wait, or raises OSError."""

    def __init__(self, connect: "Callable[[], Any]") -> None:
        self._connect = connect
        self._stream: "Any" = None
        self._task: "asyncio.Task | None" = None
        self._buf = bytearray(_FRAME_MAX + _CHUNK)
        self._held = 0  # bytes at the front of the buffer that are no whole frame yet

    def _open(self) -> None:
        try:
            self._stream = self._connect()
        except OSError:
            return
        self._held = 0
        blesim.up(self._send)

    def _close(self) -> None:
        """The air is gone: the stream, and every link that was on it."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
        blesim.down()

    def _send(self, frame: memoryview) -> None:
        """All of it or the end of the air: a frame cut in two could never be made whole again."""
        if self._stream is None:
            return
        try:
            sent = self._stream.write(frame)
        except OSError:
            sent = None
        if sent != len(frame):
            self._stream.close()
            self._stream = None

    def _take(self, count: int) -> None:
        """Hands whole frames to the stack; raises ValueError on what is none."""
        buf, end, at = self._buf, self._held + count, 0
        while end - at >= 2:
            size = buf[at] | buf[at + 1] << 8
            if size == 0 or size > _FRAME_MAX - 2:
                raise ValueError("frame size")
            if end - at < size + 2:
                break
            blesim.feed(buf, at + 2, at + 2 + size)
            at += size + 2
        if at:
            buf[: end - at] = buf[at:end]
        self._held = end - at

    async def _pump(self) -> None:
        if self._stream is None:
            return
        view = memoryview(self._buf)
        reader = asyncio.StreamReader(self._stream)
        while self._stream is not None:
            count = await reader.readinto(view[self._held : self._held + _CHUNK])
            if count == 0:
                return
            if count:
                self._take(count)

    def start(self) -> None:
        """Starts the task that keeps the agent on the air."""
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        """Stays on the air, and goes back to it when it went away."""
        while True:
            if self._stream is None:
                self._open()
            try:
                await self._pump()
            except (OSError, ValueError):
                pass  # the air broke off, or talks nonsense: hang up and start over
            self._close()
            await asyncio.sleep_ms(_RETRY_MS)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any
