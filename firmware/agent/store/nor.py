# SPDX-License-Identifier: MIT
"""The raw block contract that the journal builds on, whatever the port."""


class Nor:
    """Raw NOR flash. A sector is erased as a whole to 0xFF; a program clears bits, within one page, and sets none.

    Methods return when the flash is done, raise OSError when it refuses, and take no heap where the port allows it.
    """

    sector_size: int
    page_size: int
    sectors: int

    def read(self, addr: int, buf: "bytearray | memoryview") -> None:
        """Fills buf with the bytes at addr."""
        raise OSError

    def program(self, addr: int, data: "bytes | memoryview") -> None:
        """Clears the bits that are zero in data, which does not cross a page."""
        raise OSError

    def erase(self, sector: int) -> None:
        """Sets every byte of a sector to 0xFF."""
        raise OSError
