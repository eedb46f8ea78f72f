# SPDX-License-Identifier: MIT
"""NOR flash in a data partition of an ESP32: an object with the block protocol of esp32.Partition.

The extended block protocol: readblocks(block, buf, offset) and writeblocks(block, buf, offset) at any offset within a
block, no erase before a write; ioctl(4) counts blocks, ioctl(5) gives their size, ioctl(6, block) erases. A partition
is no part of a file system unless somebody mounts it. One that the chip encrypts can't clear bits of what it holds.
"""

from ...errors import StoreError

_COUNT = 4
_SIZE = 5
_ERASE = 6
_PAGE = 256
_ENCRYPTED = 5  # place in what info() tells
_FAULT = 5  # EIO


class Esp32Nor:
    """See nor.py. `partition`: an esp32.Partition whose blocks are sectors; all of it, or `sectors` from `first` on.

    StoreError when there are no such sectors, when they are not of 4 KB, or encrypted.
    """

    def __init__(self, partition: "Partition", first: int = 0, sectors: "int | None" = None) -> None:
        self._partition = partition
        self._first = first
        count = partition.ioctl(_COUNT, 0) or 0
        self.sectors = count - first if sectors is None else sectors
        self.sector_size = partition.ioctl(_SIZE, 0) or 0
        self.page_size = _PAGE
        if self.sector_size != 4096 or first < 0 or self.sectors < 1 or first + self.sectors > count:
            raise StoreError("no such sectors in this partition")
        if partition.info()[_ENCRYPTED]:
            raise StoreError("no store in an encrypted partition")

    def read(self, addr: int, buf: "bytearray | memoryview") -> None:
        """Fills buf with the bytes at addr."""
        self._within(addr, len(buf))
        if self._partition.readblocks(self._first + addr // self.sector_size, buf, addr % self.sector_size):
            raise OSError(_FAULT)

    def program(self, addr: int, data: "bytes | memoryview") -> None:
        """Clears the bits that are zero in data."""
        self._within(addr, len(data))
        if addr % _PAGE + len(data) > _PAGE:
            raise OSError(_FAULT)
        if self._partition.writeblocks(self._first + addr // self.sector_size, data, addr % self.sector_size):
            raise OSError(_FAULT)

    def erase(self, sector: int) -> None:
        """Sets a sector to 0xFF."""
        self._within(sector * self.sector_size, self.sector_size)
        if self._partition.ioctl(_ERASE, self._first + sector):
            raise OSError(_FAULT)

    def _within(self, addr: int, size: int) -> None:
        if addr < 0 or addr + size > self.sectors * self.sector_size:
            raise OSError(_FAULT)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from .nor import Blocks

    class Partition(Blocks, Protocol):
        """What is used of esp32.Partition."""

        def info(self) -> "tuple[int, int, int, int, str, bool]":
            """Type, subtype, address, size, label, encrypted."""
