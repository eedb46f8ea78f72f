# SPDX-License-Identifier: MIT
"""The records of a sector: read, killed, walked through; what verifies and what does not. See layout.py."""

import struct
from binascii import crc32

from ...errors import Damaged
from . import marks
from .layout import (
    ALIGN,
    BODY_MAX,
    FIXED,
    HALF,
    HEAD,
    KEY,
    KILLED,
    LOG,
    MARKS_AT,
    MARKS_END,
    QUIET,
    ROLL,
    TALLY,
    VALUE,
    WORD,
    is_seal,
    size_of,
)
from .sectors import Sectors

_WINDOW = 192
_KEPT = 2  # a start that is cut may have copied the last record, and have been killing that one
_AGAIN = 2  # what does not verify is read again: a cell may be weak


class Records(Sectors):
    """The records in the sectors of one flash. Addresses are absolute; OSError of the flash comes out as StoreError."""

    def __init__(self, flash: "Nor") -> None:
        super().__init__(flash)
        self._window = memoryview(bytearray(_WINDOW))  # of a scan or of body(); what a scan's visitor calls leaves it
        self._sum = bytearray(10)
        self._one = bytearray(1)
        self.ends: "dict[int, int]" = {}  # of heads that were given up: where in a sector the last whole record ends
        # of the last scan: where the last record that verified ends, and that record
        self.tail = 0
        self.last = 0
        self.last_kind = 0
        self.last_body = b""
        self.sealed = False  # whether a seal is the last thing that was written
        # what a scan looks for: killed records about the same as the last one, of its length, and of another
        self.about = -1
        self.about_size = 0
        self.killed: "tuple[list[int], list[int]]" = ([], [])

    def crc(self, sequence: int, at: int, kind: int, body: "bytes | memoryview") -> int:
        """The CRC-32 of a record."""
        struct.pack_into("<IIBB", self._sum, 0, sequence, at, kind, len(body))
        if kind == TALLY:
            return crc32(body[MARKS_END:], crc32(body[:MARKS_AT], crc32(self._sum))) & 0xFFFFFFFF
        return crc32(body, crc32(self._sum)) & 0xFFFFFFFF

    def build(self, out: memoryview, sequence: int, at: int, kind: int, body: bytes) -> int:
        """Writes the bytes of a record into a buffer; returns how many."""
        struct.pack_into("<BBI", out, 0, len(body), kind, self.crc(sequence, at, kind, body))
        out[HEAD : HEAD + len(body)] = body
        return HEAD + len(body)

    def length(self, addr: int) -> int:
        """The length of the body of the record at an address, as it reads."""
        self.read(addr, self._one)
        return self._one[0]

    def body(self, addr: int) -> bytes:
        """The body of the record at an address. Damaged when it does not verify, StoreError when it can't be read."""
        size = self.flash.sector_size
        at = addr % size
        for again in range(_AGAIN + 1):
            view = self._window[: min(HEAD + BODY_MAX if again else 64, size - at)]
            self.read(addr, view)
            length, kind = view[0], view[1]
            if HEAD + length > len(view):
                continue
            body = bytes(view[HEAD : HEAD + length])
            if self.crc(self.sequences[addr // size], at, kind, body) == struct.unpack_from("<I", view, 2)[0]:
                return body
        raise Damaged("a record is damaged")

    def kill(self, addr: int) -> None:
        """Programs a record over, all but its length and what it is about. May be repeated."""
        size = self.flash.sector_size
        length = min(self.length(addr), BODY_MAX, size - addr % size - HEAD)
        if length >= KEY:
            self.zero(addr + 1, HEAD - 1 + length - KEY)

    def scan(self, sector: int, at: int, limit: int, visit: "Visit", broken: "Broken", keep: bool = False) -> int:
        """Visits up to `limit` records from an offset on: visit(type, body, addr); the body is overwritten by the next.

        broken(type, about, addr, alone) for what does not verify; type 0 or KILLED when that is a kill that was cut,
        `alone` when the length fits what follows. `keep` remembers the last record, and does not tell what stands
        behind it and every seal. Returns the offset to go on at, the size of the sector at its end.
        """
        size = self.flash.sector_size
        base = sector * size
        sequence = self.sequences[sector]
        last = min(self.end(sector), self.ends.get(sector, size))
        window = self._window
        at = self.tail = at or marks.FIRST
        low = high = run = 0  # what the window shows; where that starts which does not verify, if there is something
        if keep:
            self.last = 0
            self.sealed = False
        while at < last and at + HEAD <= size and limit:
            if at + WORD > high:
                low, high = at, min(size, at + _WINDOW)
                self.read(base + low, window[: high - low])
            length, kind = window[at - low], window[at - low + 1]
            stop = at + HEAD + length
            if length <= BODY_MAX and stop <= size and kind != 0xFF and (kind or length):
                if stop > high:
                    low, high = at, min(size, at + _WINDOW)
                    self.read(base + low, window[: high - low])
                body = window[at - low + HEAD : stop - low]
                if kind == 0:
                    # behind something broken no length is trusted that a CRC does not cover
                    if not run and not any(window[at - low + 2 : stop - low - KEY]):
                        if length >= KEY:
                            self._killed(base + at, length, body[length - KEY] << 8 | body[length - 1])
                        at += size_of(length)
                        continue
                elif self._right(base, at, low, sequence, kind, body):
                    if run:
                        self._report(sector, run, at, broken)
                        run = 0
                    if keep:
                        self.last, self.last_kind, self.last_body = base + at, kind, bytes(body)
                        self.sealed = False
                    addr = base + at
                    at = self.tail = at + size_of(length)
                    limit -= 1
                    visit(kind, body, addr)
                    continue
            if (kind or length) and (kind != 0xFF or length != 0xFF):
                word = window[at - low : at - low + WORD]
                if is_seal(word):
                    if run:
                        self._report(sector, run, at, broken)
                        run = 0
                    at = self.tail = at + WORD
                    self.sealed = True
                    continue
                if not run and word != QUIET and word[:ALIGN] != HALF:
                    run = at
            at += ALIGN
        if run and not keep:
            self._report(sector, run, max(at, (last + ALIGN - 1) // ALIGN * ALIGN), broken)
        return at if at < last and at + HEAD <= size else size

    def _killed(self, addr: int, length: int, about: int) -> None:
        if about == self.about:
            seen = self.killed[length != self.about_size]
            seen.append(addr)
            if len(seen) > _KEPT:
                del seen[0]

    def _right(self, base: int, at: int, low: int, sequence: int, kind: int, body: memoryview) -> bool:
        """Whether a record in the window verifies; it is read again before it is given up."""
        for again in range(_AGAIN + 1):
            if again:
                self.read(base + at + HEAD, body)
                self.read(base + at, self._window[at - low : at - low + HEAD])
            if self.crc(sequence, at, kind, body) == struct.unpack_from("<I", self._window, at - low + 2)[0]:
                return True
        return False

    def _report(self, sector: int, at: int, stop: int, broken: "Broken") -> None:
        """Tells of what does not verify, record by record for as long as the lengths lead on."""
        view, word = self._small[:2], self._small[:WORD]  # the sum stays there
        base = sector * self.flash.sector_size
        while at < stop:
            word = word[: self.flash.sector_size - at]
            self.read(base + at, word)
            if word == QUIET or word[:ALIGN] == HALF:
                at += ALIGN
                continue
            length, kind = view[0], view[1]
            if length == 0 and kind == 0:
                at += ALIGN
                continue
            if not KEY <= length <= BODY_MAX or at + size_of(length) > stop:
                if not self._empty(base + at, base + stop):
                    broken(kind, -1, base + at, False)
                return
            body = self._page[: length - KEY]
            self.read(base + at + HEAD, body)
            self.read(base + at + HEAD + length - KEY, view)
            if not any(body) and self._fading(sector, at, kind, bytes(body) + bytes(view)):
                kind = KILLED
            kind, about = self._named(sector, at, kind, bytes(body) + bytes(view))
            broken(kind, about, base + at, True)
            at += size_of(length)

    def _named(self, sector: int, at: int, kind: int, body: bytes) -> "tuple[int, int]":
        """Type and what it is about, of a record that does not verify: as they read, or put right if it verifies then.

        A name may have one bit wrong, and a type may have faded to 0, which a record that was being killed also has.
        """
        about = body[-2] << 8 | body[-1]
        have = struct.unpack_from("<I", self._small, 2)[0]
        for likely in (FIXED, ROLL, LOG, VALUE) if kind == 0 else (kind,) if kind != KILLED else ():
            for bit in range(17):
                name = (about ^ 1 << bit) & 0xFFFF  # the last one as it reads
                if have == self.crc(self.sequences[sector], at, likely, body[:-KEY] + name.to_bytes(KEY, "big")):
                    return likely, name
        return kind, about

    def _fading(self, sector: int, at: int, kind: int, body: bytes) -> bool:
        """Whether a record with zeros in its body may be one that was being killed: its CRC has lost bits, no more."""
        have = struct.unpack_from("<I", self._small, 2)[0]
        return kind == 0 or not have & ~self.crc(self.sequences[sector], at, kind, body)

    def _empty(self, addr: int, stop: int) -> bool:
        """Whether no byte has ones and zeros: where zeros were not taken, nothing was."""
        while addr < stop:
            view = self._page[: min(len(self._page), stop - addr)]
            self.read(addr, view)
            if any(byte not in (0, 0xFF) for byte in view):
                return False
            addr += len(view)
        return True

    def is_zero(self, sector: int, at: int, stop: int) -> bool:
        """Whether nothing but zeros reads between two offsets."""
        while at < stop:
            view = self._page[: min(len(self._page), stop - at)]
            self.read(sector * self.flash.sector_size + at, view)
            if any(view):
                return False
            at += len(view)
        return True


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..flash.nor import Nor

    Visit = Callable[[int, bytes, int], None]
    Broken = Callable[[int, int, int, bool], None]
