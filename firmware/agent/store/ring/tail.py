# SPDX-License-Identifier: MIT
"""What stands behind the last record of a head: what a cut may have left there, and the words that tell of it.

What a cut may have half programmed, though it reads blank, is never programmed with anything but zeros or the same
again. Hence two kinds of head. In one that takes whatever comes, a start zeroes as much as a record may have reached
that was cut, and leaves that room behind: see settle_tail. In one that has taken nothing but copies, the next copy is
the same record at the same place, whenever it is tried again: a cut costs nothing there, and so a collection needs no
more than its reserve, however often it is cut. The first record of another kind ends that.
"""

from ...errors import StoreError
from . import marks
from .layout import ALIGN, BEGUN, HALF, QUIET, SEAL, TRACES, WORD
from .ring import Ring


class Tail(Ring):
    """A ring whose head has an end that is known. Addresses are absolute."""

    def __init__(self, flash: "Nor") -> None:
        super().__init__(flash)
        self._word = memoryview(bytearray(WORD))
        self._unsure = False  # a cut may have left traces behind the last copy in the head
        self._calm = False  # a quiet word stands where the next record is to go
        self._found = False  # since before this start: it may be weak
        self._undone = False  # zeros stand before the place of the next record, where one failed
        self._unsealed = False  # something was appended since the last seal

    def _open(self, copies: bool) -> None:
        try:
            self._begin()  # a quiet word that stays is whole
        except StoreError:
            pass
        if self._order and (self._order[-1] in self._leaving or self._order[-1] in self._stuck):
            self._sectors.ends.setdefault(self._order[-1], self._end)  # what is behind it never counted
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
        word = self._word
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
                self._calm = True  # and found it was not
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

    def _put_seal(self) -> None:
        """Also put behind what was undone: where the next record begins is known then. To be repeated if it fails."""
        addr = self._order[-1] * self.flash.sector_size + self._at
        self._undone = True
        self._sectors.program(self._sectors.pieces(addr, memoryview(SEAL)))
        self._at += WORD
        self._end = self._at
        self._unsealed = self._undone = False


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..flash.nor import Nor
