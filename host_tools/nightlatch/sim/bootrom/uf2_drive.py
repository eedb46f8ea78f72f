# SPDX-License-Identifier: MIT
"""The drive of an RP2040's or RP2350's boot ROM, as a folder: takes blocks as they are written, vanishes with the last.

It does what both ROMs do (their sources, virtual_disk.c): a block of another count or family begins a transfer anew; a
block that was taken is passed over; a sector is erased with the first block of each 16 numbers; all seen, it restarts.
"""

import errno
import os
import shutil
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from .nor import SECTOR, Nor

_IDS = {
    "rp2040": ("v3.0", "Raspberry Pi RP2", "RPI-RP2", (0xE48BFF56,)),
    "rp2350": ("v1.0", "Raspberry Pi RP2350", "RP2350", (0xE48BFF57, 0xE48BFF59)),
}
_HEAD = struct.Struct("<8I")
_BLOCK, _PAGE, _FLASH = 512, 256, 0x10000000
_PICOBIN_START, _PICOBIN_END = b"\xd3\xde\xff\xff", b"\x79\x35\x12\xab"
_POLL_S = 0.005


def crc32_mpeg2(data: bytes) -> int:
    """The CRC-32 that an RP2040 checks its second stage by: polynomial 04C11DB7, all ones first, not reflected."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc


class Uf2Drive:
    """`left` blocks are taken, then the power goes: the folder vanishes. `started` is called when all were taken."""

    def __init__(self, folder: Path, chip: str, flash: Nor, started: Callable[[], None] | None = None) -> None:
        self.folder = folder
        self.flash = flash
        self.left: int | None = None
        self.complete = False
        self.lost = False
        self.taken = 0
        self._consumed = 0
        self._started = started
        version, model, self._ident, self._families = _IDS[chip]
        self._info = f"UF2 Bootloader {version}\r\nModel: {model}\r\nBoard-ID: {self._ident}\r\n"
        self._key: tuple[int, int] = (0, 0)
        self._seen: set[int] = set()
        self._erased: set[int] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="boot ROM", daemon=True)

    def __enter__(self) -> Self:
        self.folder.mkdir()
        (self.folder / "INFO_UF2.TXT").write_bytes(self._info.encode())
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def bootable(self) -> bool:
        """Whether the chip would start what is in its flash; otherwise it shows the drive again.

        An RP2040 wants a CRC over the first 252 bytes (data sheet 2.8.1.3.1), an RP2350 an image definition in the
        first sector (5.9.5), whose two markers it looks for.
        """
        head = bytes(self.flash.data[:SECTOR])
        if self._ident == "RPI-RP2":
            return crc32_mpeg2(head[: _PAGE - 4]) == int.from_bytes(head[_PAGE - 4 : _PAGE], "little")
        return _PICOBIN_START in head and _PICOBIN_END in head

    def sync(self, handle: int) -> None:
        """What fsync is on a real drive: returns when all that was written is taken, OSError when the drive is lost."""
        while self._consumed < os.fstat(handle).st_size // _BLOCK * _BLOCK:
            if self.lost:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            if self.complete:
                return
            time.sleep(_POLL_S / 5)

    def _serve(self) -> None:
        file = b""  # as far as it was taken
        while not self._stop.is_set():
            for path in filter(Path.is_file, self.folder.glob("*.UF2")):
                data = path.read_bytes()
                if not data.startswith(file):  # another file, or the same one from its start
                    file = b""
                for offset in range(len(file), len(data) - _BLOCK + 1, _BLOCK):
                    if self.taken == self.left:
                        self.lost = True
                        shutil.rmtree(self.folder)
                        return
                    self.block(data[offset : offset + _BLOCK])
                    file = data[: offset + _BLOCK]
                    self._consumed = len(file)
                    if self.complete:
                        shutil.rmtree(self.folder)
                        if self._started:
                            self._started()
                        return
            time.sleep(_POLL_S)

    def block(self, block: bytes) -> None:
        """One sector that was written to the drive; what is no block for this chip is passed over."""
        magic0, magic1, flags, address, size, number, count, family = _HEAD.unpack_from(block)
        if (magic0, magic1) != (0x0A324655, 0x9E5D5157) or block[-4:] != b"\x30\x6f\xb1\x0a":
            return
        if not flags & 0x2000 or flags & 1 or size != _PAGE or family not in self._families:
            return
        if (count, family) != self._key:
            self._key, self._seen, self._erased = (count, family), set(), set()
        if number >= count or address % _PAGE or address < _FLASH:
            return
        self.taken += 1
        if number in self._seen:
            return
        offset = (address - _FLASH) % len(self.flash.data)  # a smaller flash answers at every multiple of its size
        if number // 16 not in self._erased:
            self._erased.add(number // 16)
            self.flash.erase(offset // SECTOR * SECTOR, SECTOR)
        self.flash.program(offset, block[32 : 32 + _PAGE])
        self._seen.add(number)
        self.complete = len(self._seen) == count
