# SPDX-License-Identifier: MIT
"""The port on which MicroPython would show its prompt, as a plain byte stream for the technician: no key interrupts."""

import io
import select
import sys
import time

import micropython

_POLL = 3  # MP_STREAM_POLL
_INVALID = -22  # EINVAL
_PATIENCE_MS = 20


class Console(io.IOBase):
    """A pollable stream whose readinto() never waits.

    The port's own stdin reads until a buffer is full, so bytes are fetched one by one, as long as there are any.
    """

    def __init__(self) -> None:
        if hasattr(micropython, "kbd_intr"):
            micropython.kbd_intr(-1)
        self._in: "Any" = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._poll = select.poll()
        self._poll.register(self._in, select.POLLIN | select.POLLOUT)
        self._waiting = select.poll()
        self._waiting.register(self._in, select.POLLIN)
        self._one = bytearray(1)

    def ioctl(self, request: int, wanted: int) -> int:
        """What select asks of a stream."""
        if request != _POLL:
            return _INVALID
        for _, ready in self._poll.ipoll(0):
            return ready & wanted
        return 0

    def readinto(self, buf: bytearray) -> "int | None":
        """Takes what is there; None when that is nothing."""
        waiting, take, one = self._waiting.ipoll, self._in.readinto, self._one
        count, size = 0, len(buf)
        while count < size:
            for _ in waiting(0):
                take(one)
                buf[count] = one[0]
                count += 1
                break
            else:
                break
        return count or None

    def write(self, data: "bytes | memoryview") -> int:
        """Sends what there is room for, 0 bytes to a host that does not read."""
        for _ in range(_PATIENCE_MS):
            if self.ioctl(_POLL, select.POLLOUT):
                return self._out.write(data)
            time.sleep_ms(1)
        return 0


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
