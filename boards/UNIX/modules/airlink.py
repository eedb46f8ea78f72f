# SPDX-License-Identifier: MIT
"""Ties the simulated Bluetooth stack (blesim.c) to the simulator's air over a Unix socket; blesim.h has the frames."""

import asyncio
import struct
import sys

import blesim
from micropython import const

_RETRY_MS = const(100)
_CHUNK = const(512)
_FRAME_MAX = const(600)
_AF_UNIX = const(1)
_EPERM = const(1)


class NoSockets:
    """Stands in for the module socket once the air has its own: whoever asks for one gets OSError(EPERM)."""

    def __getattr__(self, name: str) -> object:
        raise OSError(_EPERM)


class AirLink:
    """The agent's end of the air. make() gives a fresh stream socket, address is what its connect() takes."""

    def __init__(self, make: "Callable[[], Any]", address: bytes) -> None:
        self._make = make
        self._address = address
        self._sock: "Any" = None
        self._task: "asyncio.Task | None" = None
        self._buf = bytearray(_FRAME_MAX + _CHUNK)
        self._held = 0  # bytes at the front of the buffer that are no whole frame yet

    def _open(self) -> None:
        sock = self._make()
        try:
            sock.connect(self._address)
            sock.setblocking(False)
        except OSError:
            sock.close()
            return
        self._sock = sock
        self._held = 0
        blesim.up(self._send)

    def _close(self) -> None:
        """The air is gone: the socket, and every link that was on it."""
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()
        blesim.down()

    def _send(self, frame: memoryview) -> None:
        """All of it or the end of the air: a frame cut in two could never be made whole again."""
        if self._sock is None:
            return
        try:
            sent = self._sock.write(frame)
        except OSError:
            sent = None
        if sent != len(frame):
            self._sock.close()
            self._sock = None

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
        if self._sock is None:
            return
        view = memoryview(self._buf)
        reader = asyncio.StreamReader(self._sock)
        while self._sock is not None:
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
            if self._sock is None:
                self._open()
            try:
                await self._pump()
            except (OSError, ValueError):
                pass  # the air broke off, or talks nonsense: hang up and start over
            self._close()
            await asyncio.sleep_ms(_RETRY_MS)


def seal() -> None:
    """From here on nothing in this process can open a socket, but for those whose maker is held already."""
    modules: "dict[str, Any]" = sys.modules
    modules["socket"] = modules["usocket"] = NoSockets()


_started: "list[AirLink]" = []


def start(path: str) -> AirLink:
    """Connects to the air at path (again and again if need be), seals the sockets and starts the task that listens.

    A second call gives what the first one made.
    """
    if not _started:
        import socket

        maker = socket.socket
        air = AirLink(lambda: maker(_AF_UNIX, 1), struct.pack("<H", _AF_UNIX) + path.encode() + b"\0")
        seal()
        air.start()
        _started.append(air)
    return _started[0]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any
