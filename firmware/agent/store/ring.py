# SPDX-License-Identifier: MIT
"""The sectors of a journal as a ring: which are in use, clean, waiting for an erase, to be emptied, or retired."""

from array import array

from ..errors import StoreError, StoreFull
from . import marks
from .sectors import Sectors

RESERVE = 2  # clean sectors that only a collection or a recovery may open
_FAULTS = (OSError, StoreError, MemoryError)  # made here: a heap that is full has no room for it
_STRIKES = 3  # erases that the flash may refuse before a sector rests until the next start


class Ring:
    """What a journal turns in. A sector that does not hold what it is told is retired; a refusal is no proof."""

    def __init__(self, flash: "Nor") -> None:
        self.flash = flash
        self._sectors = Sectors(flash)
        self._order: "list[int]" = []  # in use, oldest first; the last one is written
        self._clean: "list[int]" = []
        self._dirty: "list[int]" = []
        self._leaving: "list[int]" = []  # in use, to be emptied before their turn
        self._bad = bytearray((flash.sectors + 7) // 8 + 2)  # a record's body: a bit each, and what it is about
        self._bad[-2] = 0xFF  # no handle, and no identifier of a value
        self._bad_known = 0  # how many of them the flash knows of
        self._wear = array("I", [0] * flash.sectors)
        self._strikes = bytearray(flash.sectors)
        self._sequence = 0
        self._at = flash.sector_size  # offset in the head sector; its end when that is closed
        self._barren = 0  # collections since a sector was last opened for something new
        self.beat: "Callable[[], None]" = _nothing  # called for each sector of what takes long: a start, a reset

    def room(self) -> int:
        """Bytes that can be appended before a sector must be collected."""
        left = self.flash.sector_size - self._at if self._order else 0
        return left + max(0, len(self._clean) - RESERVE) * (self.flash.sector_size - marks.FIRST)

    def clean(self) -> int:
        """Sectors that are erased and waiting."""
        return len(self._clean)

    def retired(self) -> int:
        """Sectors that are worn or broken and not used any more."""
        return sum([self._is_bad(sector) for sector in range(self.flash.sectors)])

    def wear(self) -> int:
        """Erases of the sector that had most."""
        return max(self._wear)

    def migrating(self) -> bool:
        """Whether records of an older layout are left."""
        return any(self._sectors.old[sector] for sector in self._order)

    def _is_bad(self, sector: int) -> bool:
        return self._bad[sector >> 3] >> (sector & 7) & 1 == 1

    def _retire(self, sector: int) -> None:
        self._bad[sector >> 3] |= 1 << (sector & 7)

    def _fail(self, sector: int, bad: bool) -> None:
        """A sector in use that refused, or does not hold what it was told: nothing more is written to it."""
        if sector not in self._leaving:
            self._leaving.append(sector)
        if bad:
            self._retire(sector)
        if self._order and sector == self._order[-1]:
            self._at = self.flash.sector_size

    def prepare(self) -> bool:
        """Erases one sector that is neither clean nor in use; False when there is none. Only when idle.

        StoreError when the flash refuses.
        """
        sectors = self._sectors
        while self._dirty:
            sector = self._dirty.pop()
            try:
                self.flash.erase(sector)
                self._wear[sector] += 1
                good = sectors.end(sector) == 0
                if good:
                    mark = memoryview(marks.erase_mark(self._wear[sector]))
                    sectors.program(sectors.pieces(sector * self.flash.sector_size, mark))
                    good = sectors.head(sector).erased == marks.LAYOUT
            except _FAULTS:
                self._strikes[sector] += 1
                if self._strikes[sector] < _STRIKES:
                    self._dirty.insert(0, sector)
                raise StoreError("a sector can't be erased")
            if good:
                sectors.old[sector] = 0
                self._strikes[sector] = 0
                self._clean.append(sector)
                return True
            self._retire(sector)
        return False

    def _open(self, collecting: bool) -> None:
        """Takes the clean sector with the fewest erases into use as the new head."""
        sectors = self._sectors
        while True:
            while len(self._clean) <= (0 if collecting else RESERVE):
                if not self.prepare():
                    raise StoreFull("no clean sector")
            sector = min(self._clean, key=lambda candidate: self._wear[candidate])
            base = sector * self.flash.sector_size
            mark = memoryview(marks.use_mark(self._sequence + 1, self._wear[sector]))
            touch = sectors.pieces(base + marks.TOUCH_AT, memoryview(marks.TOUCHED))
            use = sectors.pieces(base + marks.USE_AT, mark)
            self._sequence += 1  # whatever is left of a try is over
            self._clean.remove(sector)
            try:
                sectors.program(touch)
                sectors.program(use)
                good = sectors.head(sector).used == marks.LAYOUT
            except _FAULTS:
                self._dirty.insert(0, sector)
                raise
            if good:
                sectors.sequences[sector] = self._sequence
                self._order.append(sector)
                self._at = marks.FIRST
                if not collecting:
                    self._barren = 0
                return
            self._retire(sector)


def _nothing() -> None:
    """Nobody waits."""


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .nor import Nor
