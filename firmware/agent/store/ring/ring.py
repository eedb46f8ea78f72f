# SPDX-License-Identifier: MIT
"""The sectors of a journal as a ring: which are in use, clean, waiting for an erase, to be emptied, or retired."""

from array import array

from ...errors import StoreError, StoreFull
from . import marks
from .layout import REACH
from .records import Records

RESERVE = 2  # sectors, clean or waiting for an erase, that only copies may go to
_FAULTS = (OSError, StoreError, MemoryError)  # made here: a heap that is full has no room for it
_REFUSALS = 2  # in a row, and a head is given up like one that does not hold what it is told
_STRIKES = 3  # refusals by the flash before a sector rests, until nothing else is left


class Ring:
    """What a journal turns in. A sector that does not hold what it is told is retired; a refusal is no proof."""

    def __init__(self, flash: "Nor") -> None:
        self.flash = flash
        self._sectors = Records(flash)
        self._order: "list[int]" = []  # in use, oldest first; the last one is the head, which is written
        self._clean: "list[int]" = []
        self._dirty: "list[int]" = []
        self._resting: "list[int]" = []  # dirty ones that refused too often
        self._stuck: "list[int]" = []  # in use, empty, and their heads refuse to be killed, until the next start
        self._leaving: "list[int]" = []  # in use, to be emptied before their turn
        self._bad = bytearray((flash.sectors + 7) // 8 + 2)  # a record's body: a bit each, and what it is about
        self._bad[-2] = 0xFF  # no handle, and no identifier of a value
        self._bad_known = 0  # how many of them the flash knows of
        self._wear = array("I", [0] * flash.sectors)
        self._strikes = bytearray(flash.sectors)
        self._marked = False  # some sector says that this flash is a store
        self._sequence = 0
        self._at = flash.sector_size  # offset in the head; its end when that is closed
        self._end = flash.sector_size  # offset in the head where the last record ends that is known to be whole
        self._copies = False  # the head has taken nothing but copies
        self.beat: "Callable[[], None]" = _nothing  # called for each sector of what takes long: a start, a reset

    def free(self) -> int:
        """Sectors that are clean, or need no more than an erase."""
        return len(self._clean) + len(self._dirty)

    def clean(self) -> int:
        """Sectors that are erased and waiting."""
        return len(self._clean)

    def retired(self) -> int:
        """Sectors that are worn or broken and not used any more."""
        return sum([self._is_bad(sector) for sector in range(self.flash.sectors)])

    def retired_size(self) -> int:
        """The length of the body that tells which."""
        return len(self._bad)

    def wear(self) -> int:
        """Erases of the sector that had most."""
        return max(self._wear)

    def _is_bad(self, sector: int) -> bool:
        return self._bad[sector >> 3] >> (sector & 7) & 1 == 1

    def _retire(self, sector: int) -> None:
        self._bad[sector >> 3] |= 1 << (sector & 7)

    def _closed(self) -> bool:
        """Whether the head can't be counted on to take another record."""
        return not self._order or self._at + REACH > self.flash.sector_size

    def _fail(self, sector: int, bad: bool) -> None:
        """A sector in use that refused, or does not hold what it was told: nothing more is written to it."""
        if sector not in self._leaving and sector not in self._stuck:
            self._leaving.append(sector)
        if bad:
            self._retire(sector)
        if self._order and sector == self._order[-1]:
            self._at = self.flash.sector_size

    def _refused(self, sector: int, bad: bool) -> None:
        """The head took no record: one that does not hold what it is told is given up, and one that keeps refusing."""
        self._strikes[sector] += 1
        if bad or self._strikes[sector] >= _REFUSALS:
            self._strikes[sector] = 0
            self._fail(sector, bad)

    def _give_back(self, sector: int) -> None:
        """A sector without anything live leaves the order, and waits for its erase; unless it refuses."""
        try:
            self._sectors.kill_head(sector)
        except StoreError:
            self._stuck.append(sector)
            if sector in self._leaving:
                self._leaving.remove(sector)
            return
        if sector == self._order[-1]:
            self._at = self._end = self.flash.sector_size
            self._copies = False
        self._order.remove(sector)
        self._sectors.ends.pop(sector, None)
        if sector in self._leaving:
            self._leaving.remove(sector)
        if not self._is_bad(sector):
            self._dirty.append(sector)

    def prepare(self) -> bool:
        """Erases one sector that is neither clean nor in use; False when there is none. Only when idle.

        StoreError when the flash refuses.
        """
        sectors = self._sectors
        while self._dirty:
            sector = self._dirty.pop()
            try:
                if not self._marked:
                    self._label()
                self.flash.erase(sector)
                self._wear[sector] += 1
                good = sectors.end(sector) == 0
                if good:
                    mark = memoryview(marks.erase_mark(self._wear[sector]))
                    sectors.program(sectors.pieces(sector * self.flash.sector_size, mark))
                    good = sectors.head(sector).erased
            except _FAULTS:
                self._strikes[sector] += 1
                (self._dirty if self._strikes[sector] < _STRIKES else self._resting).insert(0, sector)
                raise StoreError("a sector can't be erased")
            if good:
                self._strikes[sector] = 0
                self._clean.append(sector)
                self._marked = True
                return True
            self._retire(sector)
        return False

    def _label(self) -> None:
        """Before the first erase of a blank chip another sector says what this is.

        An erase that is cut leaves what looks like anything; a flash full of that is refused as somebody else's.
        """
        sectors = self._sectors
        for sector in self._dirty:
            base = sector * self.flash.sector_size
            if sectors.end(sector) == 0:
                sectors.zero(base + marks.TOUCH_AT, marks.MARK)  # it is erased before it is used
                sectors.program(sectors.pieces(base, memoryview(marks.erase_mark(0))))
                self._marked = True
                return

    def _erase_one(self) -> None:
        """Makes a sector clean, trying each. StoreFull when there is none, StoreError when all refuse."""
        if not self._dirty:
            self._dirty, self._resting = self._resting, []
        error = None
        for _ in range(len(self._dirty)):
            try:
                if self.prepare():
                    return
            except StoreError as refused:
                error = refused
        raise error or StoreFull("no sector is left")

    def _note(self, base: int) -> "list[tuple[int, memoryview]]":
        """What the next head says of the newest one in use that was given up, for as long as it is there."""
        sectors = self._sectors
        for sector in self._order[::-1]:
            before = self._sequence + 1 - sectors.sequences[sector]
            if sector in sectors.ends and before < 0xFF:
                return sectors.pieces(base + marks.NOTE_AT, memoryview(marks.note(before, sectors.ends[sector])))
        return []

    def _open(self, copies: bool) -> None:
        """Takes the clean sector with the fewest erases into use as the head: for copies only, or for whatever comes.

        StoreFull when there is none but the reserve, which is kept for copies.
        """
        sectors = self._sectors
        refused = None
        for _ in range(self.flash.sectors):
            if not copies and self.free() <= RESERVE:
                raise StoreFull("only the reserve is left")
            if not self._clean:
                self._erase_one()
            sector = min(self._clean, key=lambda candidate: self._wear[candidate])
            base = sector * self.flash.sector_size
            mark = memoryview(marks.use_mark(self._sequence + 1, self._wear[sector]))
            touch = sectors.zeros(base + marks.TOUCH_AT, marks.OPEN_AT - marks.TOUCH_AT if copies else marks.MARK)
            touch += self._note(base)
            use = sectors.pieces(base + marks.USE_AT, mark)
            self._sequence += 1  # whatever is left of a try is over
            self._clean.remove(sector)
            try:
                sectors.program(touch)
                sectors.program(use)
                good = sectors.head(sector).used
            except StoreError as error:
                self._dirty.insert(0, sector)
                refused = error
                continue
            except MemoryError:
                self._dirty.insert(0, sector)
                raise
            if good:
                sectors.sequences[sector] = self._sequence
                self._order.append(sector)
                self._at = self._end = marks.FIRST
                self._copies = copies
                return
            self._retire(sector)
        raise refused or StoreFull("no sector is any good")


def _nothing() -> None:
    """Nobody waits."""


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..flash.nor import Nor
