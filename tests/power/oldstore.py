# SPDX-License-Identifier: MIT
"""A flash as an agent of before layout 3 left it, written here byte by byte: nothing in the firmware writes so now.

That agent appended at every start and wiped the end of its journal, and never emptied a sector for it; so a unit that
was started often enough without idle time died: no sector clean, none to be erased, the head full. See SHAPES.
"""

import struct
from binascii import crc32

from tests.model.nor import Nor
from tests.power.world import World, attempt, chain, entry, told
from wire import numbers as n

# alive: in use, with room. empty: the oldest sector holds all that counts, the others nothing. spread: each holds
# something. half: a cut ended the collection that filled the last one
SHAPES = ("alive", "empty", "spread", "half")
FIXED, ROLL, LOG, VALUE = 1, 2, 3, 4
BOOTS, HANDLES, STEADY = 3, 5, 8  # values of that time
_FIRST = 48
_REACH = 136  # what a start wiped, and what the head had to have room for
_KEYS = 4


def _summed(data: bytes) -> bytes:
    return data + struct.pack("<I", crc32(data) & 0xFFFFFFFF)


class _Journal:
    """Appends, kills what is superseded, and opens one sector after the other until there is none."""

    def __init__(self, nor: Nor) -> None:
        self.nor = nor
        self.sector = -1
        self.at = nor.sector_size
        self.live: dict[tuple[int, int], int] = {}  # type and what a record is about: its address
        for sector in range(nor.sectors):
            base = sector * nor.sector_size
            nor.cells[base : base + 12] = _summed(b"NLM4" + struct.pack("<I", 1))

    def append(self, kind: int, about: int, body: bytes, kill: bool = True) -> None:
        """A record; the one before about the same is programmed over."""
        size = self.nor.sector_size
        if self.at + 6 + len(body) > size:
            self.sector += 1
            base = self.sector * size
            self.nor.cells[base + 16 : base + 32] = bytes(16)
            self.nor.cells[base + 32 : base + 48] = _summed(b"NLU4" + struct.pack("<II", self.sector + 1, 1))
            self.at = _FIRST
        sums = struct.pack("<IIBB", self.sector + 1, self.at, kind, len(body))
        addr = self.sector * size + self.at
        head = struct.pack("<BBI", len(body), kind, crc32(body, crc32(sums)) & 0xFFFFFFFF)
        self.nor.cells[addr : addr + 6 + len(body)] = head + body
        self.at = (self.at + 6 + len(body) + 3) // 4 * 4
        if kill and (kind, about) in self.live:
            self.kill(self.live[kind, about])
        self.live[kind, about] = addr

    def kill(self, addr: int) -> None:
        """All but the length and what it is about."""
        length = self.nor.cells[addr]
        self.nor.cells[addr + 1 : addr + 6 + length - 2] = bytes(3 + length)

    def wipe(self) -> None:
        """What a start programmed: a cut may have left something behind the end."""
        stop = min(self.nor.sector_size, self.at + _REACH)
        base = self.sector * self.nor.sector_size
        self.nor.cells[base + self.at : base + stop] = bytes(stop - self.at)
        self.at = stop

    def body(self, addr: int) -> bytes:
        """Of a record."""
        return bytes(self.nor.cells[addr + 6 : addr + 6 + self.nor.cells[addr]])


class _Unit:
    """The truth and the journal, side by side."""

    def __init__(self, nor: Nor) -> None:
        self.journal = _Journal(nor)
        self.world = World()
        self.boots = 0

    def value(self, ident: int, data: bytes) -> None:
        for place in (ident, ident | 0x80) if ident < 16 else (ident,):
            self.journal.append(VALUE, place, data + bytes((0xFF, place)))

    def kept(self, ident: int, data: bytes) -> None:
        self.world.values[ident] = data
        self.value(ident, data)

    def enrol(self, handle: int) -> None:
        label = b"key %d" % handle
        keys = 2 * chain(handle, 1 << 20)
        body = struct.pack(">BBH", 1, 1, 255) + keys + struct.pack(">IHBB", 0, 0, 0x81, len(label)) + label
        self.journal.append(FIXED, handle, body + handle.to_bytes(2, "big"))
        self.roll(handle, 0)
        self.value(HANDLES, (handle + 1).to_bytes(4, "big"))

    def roll(self, handle: int, epoch: int, state: int = n.CRED_ACTIVE) -> None:
        if epoch:
            self.world.bury(chain(handle, epoch - 1))
        if epoch > 1:
            self.world.bury(told(handle, epoch - 2))
        drawn = attempt(epoch - 1) if epoch else None
        self.world.creds[handle] = (epoch, drawn, state)
        head = struct.pack(">IH", epoch, drawn or 0) + b"".join(self.world.keys(handle))
        standing = bytes((state | (0x80 if drawn is None else 0),))
        self.journal.append(ROLL, handle, head + standing + handle.to_bytes(2, "big"))

    def step(self, handle: int) -> None:
        self.roll(handle, self.world.creds[handle][0] + 1)

    def log(self) -> None:
        self.journal.append(LOG, self.world.log_next % 256, entry(self.world.log_next))
        self.world.log_next += 1

    def start(self) -> None:
        if self.boots:
            self.journal.wipe()
        self.boots += 1
        self.value(BOOTS, self.boots.to_bytes(4, "big"))

    def claim(self) -> None:
        self.start()
        self.kept(1, (chain(5001, 1) * 3)[:48])
        self.kept(2, (chain(5002, 1) * 2)[:21])
        for handle in range(_KEYS):
            self.enrol(handle)
        self.value(STEADY, bytes(4))
        self.kept(16, (300).to_bytes(4, "big"))


def image(shape: str, sectors: int, size: int, page: int) -> "tuple[Nor, World]":
    """A flash of a shape, with keys, one of them revoked, values and a log, and what it should hold."""
    nor = Nor(sectors, size, page)
    unit = _Unit(nor)
    journal = unit.journal
    unit.claim()
    for handle in range(_KEYS):
        unit.step(handle)
    unit.log()
    unit.roll(3, 2, n.CRED_REVOKED)
    full = {"alive": 2, "half": sectors - 1}.get(shape, sectors)  # sectors
    turn = 0
    while journal.sector < full - 1 or journal.at + 2 * _REACH <= size:
        turn += 1
        if shape != "alive" or turn % 8 == 0:
            unit.start()
        if shape != "empty":
            unit.step(turn % 3)
            unit.log()
    if shape == "alive":
        unit.step(0)
        unit.log()
    if shape == "half":
        _move(journal)
    if shape != "alive":
        while journal.at < size:
            journal.wipe()
    return nor, unit.world


def _move(journal: _Journal) -> None:
    """Live records of the oldest sector go to a new head, each after a start; the last kill was cut."""
    journal.at = size = journal.nor.sector_size
    oldest = sorted((addr, what) for what, addr in journal.live.items() if addr < size)
    oldest = oldest[: len(oldest) // 2]
    for addr, (kind, about) in oldest:
        if addr != oldest[0][0]:
            journal.wipe()
        journal.append(kind, about, journal.body(addr), addr != oldest[-1][0])
