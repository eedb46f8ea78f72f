# SPDX-License-Identifier: MIT
"""NOR flash as a boot loader sees it: an erase sets a sector to ones, a program can only clear bits."""

SECTOR = 4096


class Nor:
    """`size` bytes, blank. A program that meets an address of `stuck` leaves that byte as it was."""

    def __init__(self, size: int, data: bytes = b"") -> None:
        self.data = bytearray(data.ljust(size, b"\xff"))
        self.erased: set[int] = set()  # numbers of all sectors that were ever erased
        self.stuck: set[int] = set()

    def erase(self, offset: int, size: int) -> None:
        """Erase all sectors that the stretch touches."""
        for sector in range(offset // SECTOR, (offset + size + SECTOR - 1) // SECTOR):
            self.data[sector * SECTOR : (sector + 1) * SECTOR] = b"\xff" * SECTOR
            self.erased.add(sector)

    def program(self, offset: int, data: bytes) -> None:
        """Clear the bits that are zero in `data`."""
        old = int.from_bytes(self.data[offset : offset + len(data)], "big")
        fresh = (old & int.from_bytes(data, "big")).to_bytes(len(data), "big")
        kept = {at: self.data[at] for at in self.stuck if offset <= at < offset + len(data)}
        self.data[offset : offset + len(data)] = fresh
        for at, byte in kept.items():
            self.data[at] = byte
