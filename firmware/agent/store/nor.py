# SPDX-License-Identifier: MIT
"""The raw block contract as a type; imported by type checkers only."""


class Nor:
    """Raw NOR flash; see filenor.py for what each member promises."""

    sector_size: int
    page_size: int
    sectors: int

    def read(self, addr: int, buf: "bytearray | memoryview") -> None:
        """Fills buf with the bytes at addr."""
        raise OSError

    def program(self, addr: int, data: bytes) -> None:
        """Clears the bits that are zero in data."""
        raise OSError

    def erase(self, sector: int) -> None:
        """Sets a sector to 0xFF."""
        raise OSError
