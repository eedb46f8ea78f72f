# SPDX-License-Identifier: MIT
"""NOR flash in a file of the host: for UNIX, and for an emulator whose flash is a file."""

import os

from ...errors import StoreError


class FileNor:
    """See nor.py. The file is made blank when it does not exist or is empty. StoreError when its size does not fit."""

    def __init__(self, path: str, sectors: int = 64, sector_size: int = 4096, page_size: int = 256) -> None:
        self.sectors = sectors
        self.sector_size = sector_size
        self.page_size = page_size
        self._old = bytearray(page_size)
        self._blank = b"\xff" * page_size
        size = sectors * sector_size
        try:
            have = os.stat(path)[6]
        except OSError:
            have = 0
        if have == 0:
            with open(path + ".new", "wb") as new:  # whole or not at all: half an image would be refused for ever
                for _ in range(size // page_size):
                    new.write(self._blank)
            os.rename(path + ".new", path)
        elif have != size:
            raise StoreError("flash image holds %d bytes, not %d" % (have, size))
        self._file = open(path, "r+b")

    def read(self, addr: int, buf: "bytearray | memoryview") -> None:
        """Fills buf with the bytes at addr."""
        self._file.seek(addr)
        if self._file.readinto(buf) != len(buf):
            raise OSError("read behind the end of the flash image")

    def program(self, addr: int, data: "bytes | memoryview") -> None:
        """Clears the bits that are zero in data."""
        if addr // self.page_size != (addr + len(data) - 1) // self.page_size:
            raise OSError("a program crosses a page")
        old = memoryview(self._old)[: len(data)]
        self.read(addr, old)
        for i in range(len(old)):
            old[i] &= data[i]
        self._file.seek(addr)
        self._file.write(old)
        self._file.flush()

    def erase(self, sector: int) -> None:
        """Sets a sector to 0xFF."""
        if not 0 <= sector < self.sectors:
            raise OSError("no such sector")
        self._file.seek(sector * self.sector_size)
        for _ in range(self.sector_size // self.page_size):
            self._file.write(self._blank)
        self._file.flush()
