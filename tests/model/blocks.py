# SPDX-License-Identifier: MIT
"""Flash as MicroPython's ports show it: the extended block protocol of its vfs.AbstractBlockDev, and its two chips.

readblocks(block, buf) and writeblocks(block, buf) take whole blocks, and the write erases them first; with an offset
they take any bytes that don't leave the flash, and a write only clears bits. ioctl: 1 up, 2 down, 3 sync, 4 count of
blocks, 5 size of one, 6 erase one; anything else answers None. What a chip would do wrongly and silently fails here.
"""

BLOCK = 4096
PAGE = 256
EIO = 5


class Blocks:
    """An erased flash. `refuse`: operations ("read", "write", "erase") that fail; `log`: the last of what was done."""

    def __init__(self, count: int) -> None:
        self.data = bytearray(b"\xff" * (count * BLOCK))
        self.count = count
        self.refuse: tuple[str, ...] = ()
        self.by_number = False  # a failure is an error number that is returned, else an OSError
        self.log: list[tuple[str, int, int]] = []
        self.erases = 0
        self.low, self.high = count * BLOCK, 0  # what was touched

    def readblocks(self, block: int, buf: bytearray, offset: "int | None" = None) -> "int | None":
        """Fills buf."""
        at = self._place(block, len(buf), offset)
        if "read" in self.refuse:
            return self._failed()
        buf[:] = memoryview(self.data)[at : at + len(buf)]
        return None

    def writeblocks(self, block: int, buf: bytes, offset: "int | None" = None) -> "int | None":
        """Programs buf; without an offset the blocks are erased first."""
        at = self._place(block, len(buf), offset)
        self.check(at, buf)
        if "write" in self.refuse:
            return self._failed()
        if offset is None:
            self.data[at : at + len(buf)] = b"\xff" * len(buf)
        self._did("write", at, len(buf))
        for i in range(len(buf)):
            self.data[at + i] &= buf[i]
        return None

    def ioctl(self, op: int, arg: int) -> "int | None":
        """See above."""
        if op == 6:
            at = self._place(arg, BLOCK, None)
            if "erase" in self.refuse:
                return self._failed()
            self._did("erase", at, BLOCK)
            self.erases += 1
            self.data[at : at + BLOCK] = b"\xff" * BLOCK
            return 0
        return {1: 0, 2: 0, 3: 0, 4: self.count, 5: BLOCK}.get(op)

    def check(self, at: int, buf: bytes) -> None:
        """What the chip asks of a write."""

    def _place(self, block: int, size: int, offset: "int | None") -> int:
        at = block * BLOCK + (offset or 0)
        assert block >= 0 and (offset or 0) >= 0 and size > 0 and at + size <= len(self.data), "outside the flash"
        assert offset is not None or size % BLOCK == 0, "not whole blocks"
        return at

    def _did(self, what: str, at: int, size: int) -> None:
        self.log = self.log[-7:] + [(what, at, size)]
        self.low, self.high = min(self.low, at), max(self.high, at + size)

    def _failed(self) -> int:
        if self.by_number:
            return -EIO
        raise OSError(EIO)


class Partition(Blocks):
    """esp32.Partition: any bytes may be written; where the chip encrypts, only parts of 16."""

    encrypted = False

    def info(self) -> "tuple[int, int, int, int, str, bool]":
        """Type, subtype, address, size, label, encrypted."""
        return 1, 0x40, 0x310000, len(self.data), "store", self.encrypted


class PicoFlash(Blocks):
    """rp2.Flash: the ROM's program command takes whole pages."""

    def check(self, at: int, buf: bytes) -> None:
        assert at % PAGE == 0 and len(buf) % PAGE == 0, "not whole pages"
        assert isinstance(buf, (bytearray, memoryview)), "what is in flash can't be read while it is written"
