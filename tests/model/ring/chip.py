# SPDX-License-Identifier: MIT
"""A small flash that writes down what is asked of it, and the bytes of docs/store.md, as nobody but this makes them."""

import struct
from binascii import crc32
from collections.abc import Callable

from agent.errors import NightlatchError
from tests.model.nor import Nor

SECTORS, SIZE, PAGE = 6, 1024, 128
FIXED, ROLL, LOG, VALUE, RETIRED, TALLY = 1, 2, 3, 4, 8, 16
SEAL = bytes.fromhex("a9569a65c33c5aa5")
HALF = bytes.fromhex("d32ce916")
QUIET, BEGUN = bytes.fromhex("c53a9768") + HALF, bytes(4) + HALF
FIRST = 48
ANY = -1
ERROR = "StoreError"
Asked = tuple[str, int, bytes]


class Chip(Nor):
    """`asked`: what was, refused or not. `refuse`: (what, address) to how many times more; -1 for ever, the address of
    an erase is its sector's, ANY stands for each. `lies`: programs, by address, that are not taken and not refused.
    `error`: what a refusal is. `misread`: address to the bits that one reading of it after the other has wrong."""

    def __init__(self, sectors: int = SECTORS, size: int = SIZE, page: int = PAGE) -> None:
        super().__init__(sectors, size, page)
        self.asked: list[Asked] = []
        self.refuse: dict[tuple[str, int], int] = {}
        self.lies: dict[int, bool] = {}
        self.error: type[Exception] = OSError
        self.misread: dict[int, list[int]] = {}

    def put(self, at: int, data: bytes) -> None:
        """Bytes that stand there already."""
        self.cells[at : at + len(data)] = data

    def at(self, at: int, size: int) -> bytes:
        """What stands there."""
        return bytes(self.cells[at : at + size])

    def done(self) -> list[Asked]:
        """What was asked since this was asked."""
        out, self.asked = self.asked, []
        return out

    def read(self, addr: int, buf: bytearray) -> None:
        self._perhaps("read", addr)
        super().read(addr, buf)
        for at, masks in self.misread.items():
            if masks and addr <= at < addr + len(buf):
                buf[at - addr] ^= masks.pop(0)

    def program(self, addr: int, data: bytes) -> None:
        self.asked.append(("program", addr, bytes(data)))
        self._perhaps("program", addr)
        if addr not in self.lies:
            super().program(addr, data)

    def erase(self, sector: int) -> None:
        self.asked.append(("erase", sector * self.sector_size, b""))
        self._perhaps("erase", sector * self.sector_size)
        super().erase(sector)

    def _perhaps(self, what: str, addr: int) -> None:
        for place in (addr, ANY):
            left = self.refuse.get((what, place), 0)
            if left:
                self.refuse[what, place] = left - 1 if left > 0 else left
                raise self.error(5)


class Wrong:
    """Collects what is not as it should be."""

    def __init__(self) -> None:
        self.out: list[str] = []

    def same(self, what: str, have: object, want: object) -> None:
        """One value against another."""
        if have != want or type(have) is not type(want):
            self.out.append(f"{what}: {have!r}, not {want!r}")

    def refused(self, what: str, text: str, call: "Callable[..., object]", *args: object, by: str = ERROR) -> None:
        """A call that must not be done, and says so with this text."""
        try:
            given = call(*args)
        except NightlatchError as error:
            self.same(what, (type(error).__name__, str(error)), (by, text))
        else:
            self.out.append(f"{what}: {given!r}, and no error")


def summed(data: bytes) -> bytes:
    """With its CRC-32 behind it."""
    return data + struct.pack("<I", crc32(data))


def erased(wear: int, digit: bytes = b"4") -> bytes:
    """An erase mark."""
    return summed(b"NLM" + digit + struct.pack("<I", wear)) + b"\xff" * 4


def in_use(sequence: int, wear: int, digit: bytes = b"4") -> bytes:
    """A use mark."""
    return summed(b"NLU" + digit + struct.pack("<II", sequence, wear))


def head(sequence: int, wear: int, copies: bool = False) -> bytes:
    """The head of a sector in use."""
    return erased(wear) + bytes(8) + (b"\xff" * 8 if copies else bytes(8)) + in_use(sequence, wear)


def record(sequence: int, at: int, kind: int, body: bytes) -> bytes:
    """A record, without its padding."""
    covered = body[:6] + body[70:] if kind == TALLY else body
    total = crc32(struct.pack("<IIBB", sequence, at, kind, len(body)) + covered)
    return struct.pack("<BBI", len(body), kind, total) + body


def padded(data: bytes) -> bytes:
    """To a multiple of four, as flash that is blank."""
    return data + b"\xff" * (-len(data) % 4)


def killed(data: bytes) -> bytes:
    """What a kill leaves of a record: its length, and what it is about."""
    return data[:1] + bytes(len(data) - 3) + data[-2:]
