# SPDX-License-Identifier: MIT
"""I2C bus of the PN532 (NXP UM0701-02, 6.2.4): address 24h, up to 400 kHz, a ready byte before all that it says.

How long an answer is shows only in its head, and a transaction can't be gone on with. So the first one fetches what
nearly every answer fits into; a longer answer is asked for again (NACK) and fetched with one of its size.
"""

import errno

from ..errors import ReaderError
from . import pn532_frame as frame
from .ready import Ready

ADDRESS = 0x24
_READY = 0x01
_ACK_SIZE = 6
_MOST = 64
_WAITING_MAX = 3  # an acknowledgement, an answer, and one that came too late
_TRIES = 50  # after an exchange the chip may leave its address unanswered for a moment (6.2.4)


class I2c:
    """A bus over a machine.I2C with a time-out of some milliseconds. irq: see Ready."""

    def __init__(self, i2c: "Any", irq: "Any | None" = None) -> None:
        self._i2c = i2c
        self._one = bytearray(1)
        self._ready = Ready(self._ask, irq)
        self._first = _MOST

    def wake(self) -> None:
        """Wakes a sleeping chip, which may not answer its address yet."""
        try:
            self._i2c.writeto(ADDRESS, b"\x00")
        except OSError:
            pass

    def write(self, data: "bytes | memoryview") -> None:
        """Sends a frame, or raises OSError when the chip does not answer to its address."""
        self._patiently(self._i2c.writeto, data)
        self._first = _ACK_SIZE  # which is what comes next

    def drain(self, buf: memoryview) -> None:
        """Throws away frames that nobody fetched."""
        for _ in range(_WAITING_MAX):
            if not self._ready.now():
                return
            self._patiently(self._i2c.readfrom_into, buf[: 1 + _MOST])

    async def read(self, buf: memoryview) -> int:
        """Waits for a frame and reads it; returns its size with the ready byte, which a decoder skips as noise. buf
        holds FRAME_MAX + 1 bytes. ReaderError where what comes is none, OSError of the controller."""
        await self._ready.wait()
        most, self._first = self._first, _MOST
        size = self._fetch(buf, 1 + most)
        if size > 1 + most:
            self.write(frame.NACK_FRAME)
            self._first = _MOST
            await self._ready.wait()
            size = self._fetch(buf, size)
        return size

    def _patiently(self, transfer: "Callable", data: "bytes | memoryview") -> None:
        tries = _TRIES
        while True:
            try:
                transfer(ADDRESS, data)
                return
            except OSError as error:
                tries -= 1
                if not tries or error.errno == errno.ETIMEDOUT:  # not there, or it holds the clock
                    raise

    def _ask(self) -> bool:
        try:
            self._i2c.readfrom_into(ADDRESS, self._one)
        except OSError as error:
            if error.errno == errno.ETIMEDOUT:
                raise
            return False
        return self._one[0] & _READY != 0

    def _fetch(self, buf: memoryview, most: int) -> int:
        self._patiently(self._i2c.readfrom_into, buf[:most])
        size = frame.length(buf[1 : min(most, 1 + frame.HEAD)])
        if not buf[0] & _READY or not size or size >= len(buf):
            raise ReaderError("no frame on the reader's bus")
        return 1 + size


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any
