# SPDX-License-Identifier: MIT
"""What is written at the head of a journal: records, copies of records, seals; and over records: kills.

What a cut may have half programmed, though it reads blank, is never programmed with anything but zeros or the same
again. Hence two kinds of head. In one that takes whatever comes, a start zeroes as much as a record may have reached
that was cut, and leaves that room behind: see settle_tail. In one that has taken nothing but copies, the next copy is
the same record at the same place, whenever it is tried again: a cut costs nothing there, and so a collection needs no
more than its reserve, however often it is cut. The first record of another kind ends that.
"""

from ..errors import StoreError, StoreFull
from . import layout, marks
from .layout import (
    ALIGN,
    BEGUN,
    BODY_MAX,
    HALF,
    HEAD,
    MARKS_AT,
    MARKS_END,
    QUIET,
    SEAL,
    TALLY,
    TRACES,
    WORD,
    size_of,
)
from .ring import RESERVE, Ring

_TRIES = 3
_UNDOING = 8  # what is left of a record that failed may have to be told as damage
_REFUSALS = 2  # in a row, and a head is given up like one that does not hold what it is told


class Writer(Ring):
    """A ring that is written. Addresses are absolute; 0 is never one of a record."""

    def __init__(self, flash: "Nor") -> None:
        super().__init__(flash)
        self._out = memoryview(bytearray(HEAD + BODY_MAX))
        self._back = memoryview(bytearray(HEAD + BODY_MAX))
        self._undo: "Sequence[tuple[int, memoryview]]" = ()  # zeros that are still to be programmed
        self._unsure = False  # a cut may have left traces behind the last copy in the head
        self._calm = False  # a quiet word stands where the next record is to go
        self._found = False  # since before this start: it may be weak
        self._undone = False  # zeros stand before the place of the next record, where one failed
        self._unsealed = False  # something was appended since the last seal

    def read(self, addr: int) -> bytes:
        """The body of the record at an address. StoreError when it does not verify any more."""
        return self._sectors.body(addr)

    def length_at(self, addr: int) -> int:
        """The length of the body of the record at an address, as it reads."""
        return self._sectors.length(addr)

    def append(self, kind: int, body: bytes) -> int:
        """Adds a record (type 1 to 254, body of 2 to BODY_MAX bytes) and returns its address once it reads back right.

        StoreFull when only the reserve is left; StoreError when the flash fails.
        """
        assert 0 < kind < 0xFF and len(body) <= BODY_MAX
        taken = size_of(len(body))
        sectors = self._sectors
        for _ in range(_TRIES):
            self._pay_undo()
            try:
                self._make_room(taken)
            except StoreFull:
                raise
            except StoreError:
                if self._order and not self._closed():
                    self._refused(self._order[-1], False)
                continue
            sector = self._order[-1]
            addr = sector * self.flash.sector_size + self._at
            pieces = self._pieces(addr, kind, body)
            undo = sectors.zeros(addr, taken)
            self._at += taken
            self._unsealed = True
            bad = None
            try:
                if self._written(addr, pieces, kind, len(body)):
                    return addr
                bad = True
            except StoreError:
                bad = False
            except MemoryError:
                pass  # in a port's adapter: no fault of the flash
            self._undo = undo  # it must not count after all
            try:
                self._pay_undo()
            except MemoryError:
                pass  # before the next one, then
            if bad is not None and not self._closed():
                self._refused(sector, bad)
        raise StoreError("flash does not hold what is programmed")

    def copy(self, kind: int, body: bytes) -> int:
        """Adds a copy of a record to a head that takes copies only, and returns its address.

        After an error the same copy, and no other, is to be tried again.
        """
        sector = self._order[-1]
        addr = sector * self.flash.sector_size + self._at
        pieces = self._pieces(addr, kind, body)
        bad = False
        try:
            if self._written(addr, pieces, kind, len(body)):
                self._at += size_of(len(body))
                self._unsure = False
                return addr
            bad = True
        except StoreError:
            pass
        self._refused(sector, bad)
        raise StoreError("flash does not hold what is programmed")

    def _pieces(self, addr: int, kind: int, body: "bytes | memoryview") -> "list[tuple[int, memoryview]]":
        """What is programmed for a record at an address; the marks of a tally are not: see mark()."""
        sectors = self._sectors
        size = self.flash.sector_size
        length = sectors.build(self._out, sectors.sequences[addr // size], addr % size, kind, body)
        if kind == TALLY:
            behind = HEAD + MARKS_END
            head = sectors.pieces(addr, self._out[: HEAD + MARKS_AT])
            return head + sectors.pieces(addr + behind, self._out[behind:length])
        return sectors.pieces(addr, self._out[:length])

    def _written(self, addr: int, pieces: "list[tuple[int, memoryview]]", kind: int, length: int) -> bool:
        """Programs what stands in the buffer; whether it reads back right."""
        back = self._back[: HEAD + length]
        self._sectors.program(pieces)
        self._sectors.read(addr, back)
        self._strikes[addr // self.flash.sector_size] = 0
        if kind == TALLY:
            back[HEAD + MARKS_AT : HEAD + MARKS_END] = self._out[HEAD + MARKS_AT : HEAD + MARKS_END]
        return back == self._out[: HEAD + length]

    def _refused(self, sector: int, bad: bool) -> None:
        """The head took no record: one that does not hold what it is told is given up, and one that keeps refusing."""
        self._strikes[sector] += 1
        if bad or self._strikes[sector] >= _REFUSALS:
            self._strikes[sector] = 0
            self._fail(sector, bad)

    def _make_room(self, taken: int) -> None:
        """Sees to it that the head may take a record of so many bytes, of whatever kind, at `_at`."""
        if self._order and self._copies and not self._closed():
            if self.free() < RESERVE:
                raise StoreFull("a collection needs the head")
            self._end_copies()
        if not self._order or self._at + (WORD if self._calm or self._undone else 0) + taken > self.flash.sector_size:
            self._open(False)
        self._begin()
        if self._undone:
            self._put_seal()

    def _open(self, copies: bool) -> None:
        try:
            self._begin()  # a quiet word that stays is whole
        except StoreError:
            pass
        super()._open(copies)
        self._unsure = self._calm = self._undone = False

    def _end_copies(self) -> None:
        """From here on the head takes whatever comes."""
        sector = self._order[-1]
        self._sectors.zero(sector * self.flash.sector_size + marks.OPEN_AT, marks.USE_AT - marks.OPEN_AT)
        if self._unsure:
            tail = self._at
            self.settle_tail(tail, self.seek(tail))
        self._copies = self._unsure = False

    def seek(self, tail: int) -> int:
        """Where behind an offset in the head something may have been begun. Calm: nothing was, and where the next goes.

        It follows from what is known to be whole, never from what a weak cell reads: so each start finds the same.
        """
        base = self._order[-1] * self.flash.sector_size
        word = self._back[:WORD]
        self._calm = False
        while True:
            self._at = tail + TRACES
            if self._at + WORD > self.flash.sector_size:
                return tail
            self._sectors.read(base + self._at, word)
            self._calm = self._found = word == QUIET
            if self._calm or word[ALIGN:] != HALF:
                return tail
            tail = self._at + WORD

    def settle_tail(self, tail: int, place: int) -> None:
        """Zeros all that a cut may have left of what was begun at a place that seek(tail) found, unless that is calm.

        A quiet word behind tells the next start that nothing is to be done. A head that does not take it is closed.
        """
        sectors = self._sectors
        size = self.flash.sector_size
        sector = self._order[-1]
        base = sector * size
        at = self._at
        if self._calm:
            return
        try:
            if place > tail:
                sectors.program(sectors.pieces(base + place - WORD, memoryview(BEGUN)))  # it may be weak
            end = sectors.end(sector)
            more = end > at + WORD  # than a cut leaves
            stop = end if more else min(at, size)
            sectors.wipe(sector, place, stop)
            if not sectors.is_zero(sector, place, stop):
                self._fail(sector, True)
            elif more or at + WORD > size:
                self._at = size
            else:
                sectors.program(sectors.pieces(base + at, memoryview(QUIET)))
                self._calm = True
                self._found = False
        except StoreError:
            self._fail(sector, False)

    def _begin(self) -> None:
        """Something is going to be appended: the next start must look for what is left of it."""
        if self._calm and self._at < self.flash.sector_size:
            addr = self._order[-1] * self.flash.sector_size + self._at
            if self._found:
                self._sectors.program(self._sectors.pieces(addr + ALIGN, memoryview(HALF)))
            self._sectors.zero(addr, ALIGN)
            self._at += WORD
        self._calm = False

    def seal(self) -> None:
        """Says that all which was written is whole, if anything was since the last time and there is a place for it."""
        if self._unsealed and self._order and not self._copies and self._at + 2 * WORD <= self.flash.sector_size:
            self._pay_undo()
            self._begin()
            self._put_seal()

    def _put_seal(self) -> None:
        """Also put behind what was undone: where the next record begins is known then. To be repeated if it fails."""
        sector = self._order[-1]
        addr = sector * self.flash.sector_size + self._at
        self._undone = True
        try:
            self._sectors.program(self._sectors.pieces(addr, memoryview(SEAL)))
        except StoreError:
            self._refused(sector, False)
            raise
        self._at += WORD
        self._unsealed = self._undone = False

    def _pay_undo(self) -> None:
        """Programs zeros over what was appended, perhaps well, and not counted. A head that refuses them is closed."""
        for again in range(_UNDOING if self._undo else 0):
            try:
                self._sectors.program(self._undo)
                self._undone = True
                break
            except StoreError:
                if again == _UNDOING - 1:
                    self._fail(self._order[-1], False)
        self._undo = ()

    def confirm(self, sector: int, last: int, kind: int, body: bytes) -> bool:
        """Programs again what a cut may have left weak at a start: the marks of the head, its last record (0: none).

        Whether the record is whole now.
        """
        sectors = self._sectors
        base = sector * self.flash.sector_size
        try:
            if not last:
                mark = sectors.use_mark(sector)
                sectors.zero(base + marks.TOUCH_AT, marks.OPEN_AT - marks.TOUCH_AT)
                sectors.program(sectors.pieces(base + marks.USE_AT, mark))
            if not self._copies:
                sectors.zero(base + marks.OPEN_AT, marks.USE_AT - marks.OPEN_AT)
            if sectors.sealed:
                view = self._back[:WORD]
                sectors.read(base + sectors.tail - WORD, view)
                sectors.program(sectors.pieces(base + sectors.tail - WORD, memoryview(layout.both(view, SEAL))))
            elif last:
                return self._written(last, self._pieces(last, kind, body), kind, len(body))
        except StoreError:
            return False
        return True

    def kill(self, addr: int) -> None:
        """Programs a superseded record over. A sector that does not take it is emptied and erased."""
        try:
            self._sectors.kill(addr)
        except StoreError:
            self._fail(addr // self.flash.sector_size, False)

    def mark(self, addr: int, data: "bytes | memoryview", at: int = 0) -> None:
        """Programs marks of the tally at an address, from the one at `at` on. StoreError when the flash refuses."""
        self._sectors.program(self._sectors.pieces(addr + HEAD + MARKS_AT + at, memoryview(data)))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .nor import Nor
