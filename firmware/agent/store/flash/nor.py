# SPDX-License-Identifier: MIT
"""The raw block contract that the journal builds on, whatever the port. Adapters are plain classes that meet it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Nor(Protocol):
        """Raw NOR flash. A sector is erased as a whole to 0xFF; a program clears bits, within one page, and sets none.

        Methods return when the flash is done, raise OSError when it refuses, and take no heap where the port allows it.
        """

        sector_size: int
        page_size: int
        sectors: int

        def read(self, addr: int, buf: "bytearray | memoryview") -> None:
            """Fills buf with the bytes at addr."""

        def program(self, addr: int, data: "bytes | memoryview") -> None:
            """Clears the bits that are zero in data, which does not cross a page."""

        def erase(self, sector: int) -> None:
            """Sets every byte of a sector to 0xFF."""

    class Blocks(Protocol):
        """What is used of MicroPython's extended block protocol, which esp32.Partition and rp2.Flash have.

        A read or write that fails raises OSError or returns an error number; None and 0 are success.
        """

        def readblocks(self, block: int, buf: "bytearray | memoryview", offset: int) -> "int | None":
            """Fills buf from an offset within a block."""

        def writeblocks(self, block: int, buf: "bytes | bytearray | memoryview", offset: int) -> "int | None":
            """Programs buf at an offset within a block, without an erase."""

        def ioctl(self, op: int, arg: int) -> "int | None":
            """Count of blocks (4), their size (5), erase of one (6)."""
