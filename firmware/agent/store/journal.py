# SPDX-License-Identifier: MIT
"""An append-only journal in a ring of flash sectors: every change is one record that is there whole or not at all.

Sector: erase mark (magic, erase count, CRC; 16 B), use mark (magic, sequence, CRC; 16 B), then records.
Record: type (1) · body length (1) · CRC-32 (4) over sector sequence, offset, type, length and body · body, padded to 4.
Type 0x00 is a record that was killed, 0xFF is blank flash. Position is order: a later record wins over an earlier one.

A collection copies the live records of the oldest sector to the head, kills both marks, erases, marks as clean. A cut
anywhere in it leaves each live record once or twice, never not at all. Sectors are erased when idle: an append finds
a clean one waiting.
"""

from binascii import crc32

from ..errors import StoreError, StoreFull

_ERASED = 0x314D4C4E  # "NLM1"; the digit is the version of the layout
_USED = 0x31554C4E  # "NLU1"
_MARK = 16
_FIRST = 2 * _MARK
_HEAD = 6
_ALIGN = 4
BODY_MAX = 128
RESERVE = 1  # clean sectors that only a collection may open


def _mark(magic: int, value: int) -> bytes:
    data = magic.to_bytes(4, "little") + value.to_bytes(4, "little")
    return data + (crc32(data) & 0xFFFFFFFF).to_bytes(4, "little") + b"\xff\xff\xff\xff"


def _marked(data: bytes, magic: int) -> int:
    """The value of a mark, or -1 when there is none."""
    if int.from_bytes(data[0:4], "little") != magic:
        return -1
    if crc32(data[0:8]) & 0xFFFFFFFF != int.from_bytes(data[8:12], "little"):
        return -1
    return int.from_bytes(data[4:8], "little")


def _size(length: int) -> int:
    return (_HEAD + length + _ALIGN - 1) // _ALIGN * _ALIGN


class Journal:
    """The journal on one flash. Addresses are absolute; 0 is never one of a record.

    `damage` counts records and sectors that were found broken, apart from one torn at the end by a cut.
    """

    def __init__(self, flash: "Nor") -> None:
        self.flash = flash
        self._order: "list[int]" = []  # sectors in use, oldest first; the last one is written
        self._sequence = 0
        self._clean: "list[int]" = []
        self._dirty: "list[int]" = []
        self._wear = [0] * flash.sectors
        self._page = bytearray(flash.page_size)
        self._body = bytearray(BODY_MAX)
        self._at = 0  # offset in the sector that is written; its end when that is closed
        self.damage = 0
        self._virgin = False  # never held a record: what reads blank is blank

    # --- reading

    def mount(self, visit: "Callable[[int, bytes, int], None]", dead: "Callable[[int, int], None]") -> None:
        """Finds every record: visit(type, body, addr) in order; dead(type, addr) for one whose CRC is broken.

        Writes nothing. StoreError when there are marks of a newer layout, or data but not one sector of ours.
        """
        size = self.flash.sector_size
        marks = bytearray(_FIRST)
        found = []
        foreign = 0
        for sector in range(self.flash.sectors):
            self.flash.read(sector * size, marks)
            wear = _marked(marks[:_MARK], _ERASED)
            if wear >= 0:
                self._wear[sector] = wear
            sequence = _marked(marks[_MARK:], _USED)
            if sequence >= 0:
                found.append((sequence, sector))
                continue
            end = self._end(sector)
            if wear >= 0 and end <= _MARK:
                self._clean.append(sector)
            else:
                self._dirty.append(sector)
                foreign += end > _FIRST
        if not found:
            if foreign:
                raise StoreError("no sector of this layout in a flash that is not blank")
            self._virgin = True
            return
        found.sort()
        for place, (sequence, sector) in enumerate(found):
            if place and sequence != found[place - 1][0] + 1:
                self.damage += 1
            self._order.append(sector)
            self._sequence = sequence
            end = self._scan(sector, sequence, visit, dead)
        # what a cut tore may still be half there: nothing is written within reach of it
        self._at = min(size, (end + _size(BODY_MAX) + _ALIGN) // _ALIGN * _ALIGN) if end > _FIRST else end

    def _end(self, sector: int) -> int:
        """The offset behind the last byte of a sector that does not read blank."""
        page = self._page
        at = self.flash.sector_size
        while at:
            at -= len(page)
            self.flash.read(sector * self.flash.sector_size + at, page)
            last = len(page)
            while last and page[last - 1] == 0xFF:
                last -= 1
            if last:
                return at + last
        return 0

    def _scan(self, sector: int, sequence: int, visit: "Callable", dead: "Callable") -> int:
        """Visits the records of one sector; returns the offset behind the last byte that is not blank.

        The body that visit() gets is overwritten by the next one.
        """
        size = self.flash.sector_size
        base = sector * size
        last = max(self._end(sector), _FIRST)
        head = bytearray(_HEAD)
        at = _FIRST
        broken = 0
        while at + _HEAD <= last:
            self.flash.read(base + at, head)
            kind = head[0]
            length = head[1]
            plausible = length <= BODY_MAX and at + _HEAD + length <= size
            if 0 < kind < 0xFF and plausible:
                body = memoryview(self._body)[:length]
                self.flash.read(base + at + _HEAD, body)
                if self._crc(sequence, at, kind, body) == head[2:]:
                    visit(kind, body, base + at)
                    self.damage += broken
                    broken = 0
                    at += _size(length)
                    continue
                if broken == 0:
                    dead(kind, base + at)
                    broken = 1
            elif kind == 0 and plausible:
                at += _size(length)  # never reaches a later record: what follows a tear keeps this distance
                continue
            at += _ALIGN
        return last

    def _crc(self, sequence: int, at: int, kind: int, body: bytes) -> bytes:
        head = sequence.to_bytes(4, "little") + at.to_bytes(4, "little") + bytes((kind, len(body)))
        return (crc32(body, crc32(head)) & 0xFFFFFFFF).to_bytes(4, "little")

    def read(self, addr: int) -> bytes:
        """The body of the record at an address. StoreError when it does not verify any more."""
        size = self.flash.sector_size
        head = bytearray(_HEAD)
        self.flash.read(addr, head)
        body = bytearray(min(head[1], BODY_MAX))
        self.flash.read(addr + _HEAD, body)
        mark = bytearray(_MARK)
        self.flash.read(addr // size * size + _MARK, mark)
        if self._crc(_marked(mark, _USED), addr % size, head[0], body) != head[2:]:
            raise StoreError("a record is damaged")
        return body

    def length(self, addr: int) -> int:
        """Length of the body at an address, as its head says; never more than BODY_MAX."""
        head = bytearray(2)
        self.flash.read(addr, head)
        return min(head[1], BODY_MAX)

    # --- writing

    def append(self, kind: int, body: bytes, collecting: bool = False) -> int:
        """Adds a record (type 1 to 254, at most BODY_MAX bytes) and returns its address once it reads back right.

        StoreFull when no clean sector is left for it; StoreError when the flash fails.
        """
        assert 0 < kind < 0xFF and len(body) <= BODY_MAX
        size = self.flash.sector_size
        for _ in range(3):
            if not self._order or self._at + _size(len(body)) > size:
                self._open(collecting)
            sector = self._order[-1]
            at = self._at
            self._at = at + _size(len(body))
            data = bytes((kind, len(body))) + self._crc(self._sequence, at, kind, body) + bytes(body)
            addr = sector * size + at
            self.flash.program(addr, data)
            back = bytearray(len(data))
            self.flash.read(addr, back)
            if back == data:
                return addr
            self.damage += 1
            self._at = size  # this sector does not take what it is told: leave it
        raise StoreError("flash does not hold what is programmed")

    def kill(self, addr: int, start: int, size: int) -> None:
        """Programs a part of a body over with zeros, then marks the record as dead. May be repeated."""
        if size:
            self.flash.program(addr + _HEAD + start, bytes(size))
        self.flash.program(addr, b"\x00")

    def room(self) -> int:
        """Bytes that can be appended before a sector must be collected."""
        left = self.flash.sector_size - self._at if self._order else 0
        return left + max(0, len(self._clean) - RESERVE) * (self.flash.sector_size - _FIRST)

    def clean(self) -> int:
        """Sectors that are erased and waiting."""
        return len(self._clean)

    def prepare(self) -> bool:
        """Erases one sector that is neither clean nor in use; False when there is none. Only when idle."""
        if not self._dirty:
            return False
        sector = self._dirty.pop()
        base = sector * self.flash.sector_size
        if not (self._virgin and self._end(sector) == 0):
            self.flash.erase(sector)
            self._wear[sector] += 1
        self.flash.program(base, _mark(_ERASED, self._wear[sector]))
        self._clean.append(sector)
        return True

    def collect(self, keep: "Callable[[int, bytes, int], Callable[[int], None] | None]") -> bool:
        """Moves what is live in the oldest sector to the head and gives the sector back; False when there is none.

        keep(type, body, addr) returns a function that is told the new address, or None for what is not live.
        """
        if len(self._order) < 2:
            return False
        sector = self._order[0]
        size = self.flash.sector_size
        mark = bytearray(_MARK)
        self.flash.read(sector * size + _MARK, mark)

        def visit(kind: int, body: bytes, addr: int) -> None:
            moved = keep(kind, body, addr)
            if moved is not None:
                moved(self.append(kind, body, True))

        found = self.damage
        self._scan(sector, _marked(mark, _USED), visit, lambda kind, addr: None)
        self.damage = found  # counted when it was mounted
        self.flash.program(sector * size, bytes(_FIRST))  # a half-erased sector must not look like one of ours
        self._order.pop(0)
        self._dirty.append(sector)
        self.prepare()  # at once: the copies left there are secrets that will be superseded elsewhere
        return True

    def _open(self, collecting: bool) -> None:
        """Takes the clean sector with the fewest erases into use as the new head."""
        while len(self._clean) <= (0 if collecting else RESERVE):
            if not self.prepare():
                raise StoreFull("no clean sector")
        sector = min(self._clean, key=lambda candidate: self._wear[candidate])
        self._clean.remove(sector)
        self._sequence += 1
        self.flash.program(sector * self.flash.sector_size + _MARK, _mark(_USED, self._sequence))
        self._order.append(sector)
        self._at = _FIRST


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .nor import Nor
