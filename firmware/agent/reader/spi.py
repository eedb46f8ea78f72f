# SPDX-License-Identifier: MIT
"""SPI bus of the PN532 (NXP UM0701-02, 6.2.5): mode 0, up to 5 MHz, least significant bit first.

Not every controller can send that way (MicroPython's rp2 port refuses it), so every byte is turned round here and the
controller is left at its default, most significant bit first.
"""

from ..errors import ReaderError
from . import pn532_frame as frame
from .ready import Ready

_DATA_WRITE = 0x01
_STATUS_READ = 0x02
_DATA_READ = 0x03
_READY = 0x01
_SHORTEST = 6  # an acknowledgement
_WAITING_MAX = 3  # an acknowledgement, an answer, and one that came too late


def _turned(byte: int) -> int:
    out = 0
    for _ in range(8):
        out = out << 1 | byte & 1
        byte >>= 1
    return out


class Spi:
    """A bus over a machine.SPI with polarity 0, phase 0, firstbit MSB. select: the output pin at NSS, high at rest.

    irq: see Ready. A frame is read within one selection, and whole: otherwise the chip holds on to it.
    """

    def __init__(self, spi: "Any", select: "Any", irq: "Any | None" = None) -> None:
        self._spi = spi
        self._select = select
        self._turn = bytes(_turned(byte) for byte in range(256))
        self._out = bytearray(frame.FRAME_MAX + 1)
        self._out_view = memoryview(self._out)
        self._status = bytearray(2)
        self._ask_status = bytes((self._turn[_STATUS_READ], 0))
        self._ask_data = bytes((self._turn[_DATA_READ],))
        self._ready = Ready(self._ask, irq)
        select.value(1)

    def wake(self) -> None:
        """Wakes a sleeping chip: it is selected until the next write, which is to come after 2 ms."""
        self._select.value(0)

    def write(self, data: "bytes | memoryview") -> None:
        """Sends a frame."""
        turn = self._turn
        out = self._out
        size = len(data) + 1
        out[0] = turn[_DATA_WRITE]
        for at in range(1, size):
            out[at] = turn[data[at - 1]]
        self._select.value(0)
        try:
            self._spi.write(self._out_view[:size])
        finally:
            self._select.value(1)

    def drain(self, buf: memoryview) -> None:
        """Throws away frames that nobody fetched."""
        for _ in range(_WAITING_MAX):
            if not self._ready.now():
                return
            self._fetch(buf)

    async def read(self, buf: memoryview) -> int:
        """Waits for a frame and reads it; returns its size. buf holds FRAME_MAX bytes. ReaderError where what comes
        is none, OSError of the controller."""
        await self._ready.wait()
        return self._fetch(buf)

    def _ask(self) -> bool:
        self._select.value(0)
        try:
            self._spi.write_readinto(self._ask_status, self._status)
        finally:
            self._select.value(1)
        return self._turn[self._status[1]] & _READY != 0

    def _fetch(self, view: memoryview) -> int:
        self._select.value(0)
        try:
            self._spi.write(self._ask_data)
            have = _SHORTEST
            self._part(view[:have])
            size = frame.length(view[:have])
            if not size:  # an extended frame says later how long it is
                self._part(view[have : frame.HEAD])
                have = frame.HEAD
                size = frame.length(view[:have])
            if not size:
                raise ReaderError("no frame on the reader's bus")
            if size > have:
                self._part(view[have:size])
        finally:
            self._select.value(1)
        return size

    def _part(self, view: memoryview) -> None:
        self._spi.readinto(view)
        turn = self._turn
        for at in range(len(view)):
            view[at] = turn[view[at]]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
