# SPDX-License-Identifier: MIT
"""NOR flash in a data partition of an ESP32: an object with the block protocol of esp32.Partition.

The extended block protocol: readblocks(block, buf, offset) and writeblocks(block, buf, offset) at any offset within a
block, no erase before a write; ioctl(4) counts blocks, ioctl(5) gives their size, ioctl(6, block) erases. A partition
that the chip encrypts can't be programmed in parts of 16 bytes: keep the store in one that is not.
"""

from ..errors import StoreError

_COUNT = 4
_SIZE = 5
_ERASE = 6
_PAGE = 256
_FAULT = 5  # EIO


class Esp32Nor:
    """See nor.py. `partition`: an esp32.Partition whose blocks are sectors. StoreError when they are not of 4 KB."""

    def __init__(self, partition: "Blocks") -> None:
        self._partition = partition
        self.sectors = partition.ioctl(_COUNT, 0)
        self.sector_size = partition.ioctl(_SIZE, 0)
        self.page_size = _PAGE
        if self.sector_size != 4096:
            raise StoreError("blocks of a partition must be its sectors")

    def read(self, addr: int, buf: "bytearray | memoryview") -> None:
        """Fills buf with the bytes at addr."""
        self._partition.readblocks(addr // self.sector_size, buf, addr % self.sector_size)

    def program(self, addr: int, data: bytes) -> None:
        """Clears the bits that are zero in data."""
        self._partition.writeblocks(addr // self.sector_size, data, addr % self.sector_size)

    def erase(self, sector: int) -> None:
        """Sets a sector to 0xFF."""
        if self._partition.ioctl(_ERASE, sector):
            raise OSError(_FAULT)


class Blocks:
    """What is used of the extended block protocol."""

    def readblocks(self, block: int, buf: "bytearray | memoryview", offset: int) -> "int | None":
        """Fills buf from an offset within a block."""
        raise OSError

    def writeblocks(self, block: int, buf: bytes, offset: int) -> "int | None":
        """Programs buf at an offset within a block, without an erase."""
        raise OSError

    def ioctl(self, op: int, arg: int) -> int:
        """Count (4), size (5), erase (6)."""
        raise OSError
