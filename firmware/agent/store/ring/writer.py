# SPDX-License-Identifier: MIT
"""What is written at the head of a journal: records, copies of records, seals; and over records: kills.

What stands behind them: see tail.py.
"""

from ...errors import StoreError, StoreFull
from . import layout, marks
from .layout import BODY_MAX, HEAD, MARKS_AT, MARKS_END, SEAL, TALLY, WORD, size_of
from .ring import RESERVE
from .tail import Tail

_TRIES = 3
_UNDOING = 8  # what is left of a record that failed may have to be told as damage


class Writer(Tail):
    """A ring that is written. Addresses are absolute; 0 is never one of a record."""

    def __init__(self, flash: "Nor") -> None:
        super().__init__(flash)
        self._out = memoryview(bytearray(HEAD + BODY_MAX))
        self._back = memoryview(bytearray(HEAD + BODY_MAX))
        self._undo: "Sequence[tuple[int, memoryview]]" = ()  # zeros that are still to be programmed

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
                if not self._closed():
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
                    self._end = self._at
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
                self._end = self._at
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

    def _make_room(self, taken: int) -> None:
        """Sees to it that the head may take a record of so many bytes, of whatever kind, at `_at`."""
        if self._copies and not self._closed():
            if self.free() < RESERVE:
                raise StoreFull("a collection needs the head")
            self._end_copies()
        if not self._order or self._at + (WORD if self._calm or self._undone else 0) + taken > self.flash.sector_size:
            self._open(False)
        self._begin()
        if self._undone:
            self._put_seal()

    def seal(self) -> None:
        """Says that all which was written is whole, if anything was since the last time and there is a place for it."""
        if self._unsealed and self._order and not self._copies and self._at + 2 * WORD <= self.flash.sector_size:
            self._pay_undo()
            self._begin()
            try:
                self._put_seal()
            except StoreError:
                self._refused(self._order[-1], False)
                raise

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

    from ..flash.nor import Nor
