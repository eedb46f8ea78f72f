# SPDX-License-Identifier: MIT
"""NOR flash in a region of a Pico that no file system uses: an object with the block protocol of rp2.Flash.

The chip's program command takes whole pages of 256 bytes at page borders, from RAM and not from flash; what surrounds
the data goes out as 0xFF and stays as it is. Erase and program run with interrupts off, and each returns when it is
done. rp2.Flash checks no bounds and reports no failure: the bounds are checked here, the journal reads back.
"""

from ...errors import StoreError

_COUNT = 4
_SIZE = 5
_ERASE = 6
_PAGE = 256
_FAULT = 5  # EIO
_BLANK = b"\xff" * _PAGE


class Rp2Nor:
    """See nor.py. `flash`: an rp2.Flash; the region is `sectors` blocks from block `first`. StoreError out of range.

    What lies before the region is not looked at: a file system that was left there is none of ours, and never mounted.
    """

    def __init__(self, flash: "Blocks", first: int, sectors: int) -> None:
        self._flash = flash
        self._first = first
        self.sectors = sectors
        self.sector_size = flash.ioctl(_SIZE, 0) or 0
        self.page_size = _PAGE
        self._page = bytearray(_PAGE)
        if self.sector_size != 4096 or first < 0 or sectors < 1 or first + sectors > (flash.ioctl(_COUNT, 0) or 0):
            raise StoreError("no such region in this flash")

    def read(self, addr: int, buf: "bytearray | memoryview") -> None:
        """Fills buf with the bytes at addr."""
        self._within(addr, len(buf))
        if self._flash.readblocks(self._first + addr // self.sector_size, buf, addr % self.sector_size):
            raise OSError(_FAULT)

    def program(self, addr: int, data: "bytes | memoryview") -> None:
        """Clears the bits that are zero in data."""
        self._within(addr, len(data))
        page = self._page
        at = addr % _PAGE
        if at + len(data) > _PAGE:
            raise OSError(_FAULT)
        page[:] = _BLANK
        page[at : at + len(data)] = data
        if self._flash.writeblocks(self._first + addr // self.sector_size, page, addr % self.sector_size - at):
            raise OSError(_FAULT)

    def erase(self, sector: int) -> None:
        """Sets a sector to 0xFF."""
        self._within(sector * self.sector_size, self.sector_size)
        if self._flash.ioctl(_ERASE, self._first + sector):
            raise OSError(_FAULT)

    def _within(self, addr: int, size: int) -> None:
        """What lies outside the region belongs to others: the program itself, a file system."""
        if addr < 0 or addr + size > self.sectors * self.sector_size:
            raise OSError(_FAULT)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from .nor import Blocks
