# SPDX-License-Identifier: MIT
"""An append-only journal in a ring of flash sectors: every change is one record that is there whole or not at all.

Any number of sectors from four up take turns as banks. Position is order: a later record wins over an earlier one. A
collection copies the live records of a sector to the head and programs each original over once its copy verifies; then
the sector's head is killed, and the sector erased. Cut anywhere, each live record is there once or twice.

There are two of them. Idle time empties the oldest sector, so that all wear alike, into a head that takes other
records as well. When only the reserve is left, the sector with the least in it is emptied into a head for copies alone:
which one that is follows from what the flash holds, so a start after a cut goes on with the very same copy.
"""

from array import array

from ..errors import StoreFull
from .mount import recover
from .mount.walk import Walk
from .ring.layout import MARKS_AT, MARKS_END, REACH, RETIRED, TALLY
from .ring.marks import FIRST
from .ring.ring import RESERVE
from .ring.writer import Writer

_SLICE = 8  # records that one slice of a collection moves


class Journal(Writer):
    """The journal on one flash. Addresses are absolute; 0 is never one of a record."""

    def __init__(self, flash: "Nor") -> None:
        super().__init__(flash)
        self._bad_at = 0
        self._victim = -1
        self._cursor = 0
        self._barren = 0  # collections since a head was last opened behind something new
        self._new = False  # something other than what a collection moves was appended to the head
        self._settled = False
        self.repaired = 0  # sectors whose head was unreadable and that were taken back

    def mount(self, index: "Index", stale: "list[int]", broken: "Broken") -> None:
        """Finds every record in order, for the tables; `stale` gets the addresses of those that are superseded.

        broken: see Records.scan. Writes nothing; settle() does, once the tables are known.

        StoreError when a sector is of another layout, or there is data but not one sector of ours.
        """

        def see(kind: int, body: bytes, addr: int) -> None:
            if kind == RETIRED:
                self._bad[:] = body
                self._bad_at = addr
                return
            before = index.see(kind, body, addr)
            if before:
                stale.append(before)

        self.repaired = recover.sort(self)
        recover.scan(self, Walk(self._sectors, index, see, stale), broken)

    def settle(self, index: "Index", clear: "Callable[[list[int], bool], None]") -> None:
        """Makes sure of the end of the journal: see recover.settle."""
        recover.settle(self, lambda kind, body, addr: self._keep(index, kind, body, addr), clear)
        self._settled = True

    def _keep(self, index: "Index", kind: int, body: bytes, addr: int) -> "Callable[[int], None] | None":
        """Who is to be told where a record went; None when it is not live."""
        if kind == RETIRED:
            return self._bad_moved if addr == self._bad_at else None
        return index.keep(kind, body, addr)

    def _bad_moved(self, addr: int) -> None:
        self._bad_at = addr

    def later(self, one: int, other: int) -> bool:
        """Whether the record at one address is newer than that at another."""
        size = self.flash.sector_size
        sequences = self._sectors.sequences
        first, second = sequences[one // size], sequences[other // size]
        return first > second or (first == second and one > other)

    def last_about(self) -> int:
        """What the last record is about that was there at the start; a kill that was cut was about the same."""
        return self._sectors.about

    def last_length(self) -> int:
        """The length of its body."""
        return self._sectors.about_size

    def append(self, kind: int, body: bytes) -> int:
        """Adds something new: see Writer.append."""
        self._new = True
        return super().append(kind, body)

    def room(self) -> int:
        """Bytes that can be appended before a sector must be collected."""
        size = self.flash.sector_size
        return (size - self._at if self._order else 0) + max(0, self.free() - RESERVE) * (size - FIRST)

    def save_retired(self) -> bool:
        """Makes durable which sectors are retired; False when that is so already. StoreFull without room for it."""
        count = self.retired()
        if count == self._bad_known:
            return False
        before = self._bad_at
        self._bad_at = self.append(RETIRED, self._bad)
        self._bad_known = count
        if before:
            self.kill(before)
        return True

    # --- collections

    def _open(self, copies: bool) -> None:
        super()._open(copies)
        if copies:
            self._victim = -1  # what goes there follows from what the flash holds now
        elif self._new:
            self._barren = 0
            self._new = False

    def maintain(self, index: "Index", goal: int) -> bool:
        """A slice of idle work: seals, saves, empties, erases, until `goal` sectors are clean. True: there may be more.

        Nothing is done to what could not be mounted: it may be a store of a newer layout, or one that lost its heads.
        """
        if not self._settled:
            return False
        if self._saved():
            return True
        if self._victim < 0 and not self._leaving:
            if self.prepare():
                return True
            if self._closed() and len(self._clean) > RESERVE:
                self._open(False)  # now, and not on the path of an unlock
                return True
            if len(self._clean) >= goal or self._barren > len(self._order):
                return False
            self._barren += 1
        return (self.compact(index, True) if self._tight() else self._collect(index)) or self.prepare()

    def _saved(self) -> bool:
        self.seal()
        try:
            return self.save_retired()
        except StoreFull:
            return False  # once there is room

    def _tight(self) -> bool:
        """Whether nothing but the reserve is left, or copies are still made there."""
        return self._copies or (self._closed() and self.free() <= RESERVE)

    def _collect(self, index: "Index") -> bool:
        """A slice of emptying the sector that must go first, or else the oldest; False when there is none."""
        if self._victim < 0:
            group = self._leaving or [sector for sector in self._order[:-1] if sector not in self._stuck]
            if not group:
                return False
            self._victim, self._cursor = group[0], 0
            if group[0] == self._order[-1]:
                self._at = self.flash.sector_size
        new, self._new = self._new, False  # room for copies is nothing new
        try:
            return self._empty(index, super().append, True)
        except StoreFull:
            self._victim = -1
            return True  # the next slice lives on the reserve
        finally:
            self._new = new

    def compact(self, index: "Index", slice_only: bool = False) -> bool:
        """Empties the sector with the least in it, by copies alone; False when none is worth it.

        StoreFull when nothing is left that copies could go to.
        """
        self._pay_undo()
        if self._victim < 0 or not self._copies or self._closed():
            victim, weight = self._least(index, True)
            if weight and (not self._copies or self._closed()):
                if not self.free() + len(self._resting):
                    return self._last_resort(index)
                if weight <= self._worth():
                    self._open(True)
            if weight > self._worth():
                return False
            self._victim, self._cursor = victim, 0
            if not weight:
                self._done()
                return True
        try:
            return self._empty(index, self.copy, slice_only)
        except StoreFull:
            self._victim = -1  # the head is full: a new one is opened, and what is emptied into it found anew
            return True

    def _worth(self) -> int:
        """The most that a sector may hold for its room to be won."""
        return self.flash.sector_size - FIRST - 2 * REACH

    def _least(self, index: "Index", log: bool) -> "tuple[int, int]":
        """The sector with the fewest live bytes, and how many; the oldest of several. The log counts, or not."""
        live = array("I", [0] * self.flash.sectors)
        index.weigh(live, log)
        size = self.flash.sector_size
        if self._bad_at:
            live[self._bad_at // size] += REACH
        victim, weight = -1, size
        for sector in self._order[:-1] if self._copies and not self._closed() else self._order:
            if live[sector] < weight and sector not in self._stuck:
                victim, weight = sector, live[sector]
        return victim, weight

    def _empty(self, index: "Index", add: "Callable[[int, bytes], int]", slice_only: bool) -> bool:
        """Moves what is live in the victim, or a slice of it, and gives it back."""

        def visit(kind: int, body: bytes, addr: int) -> None:
            moved = self._keep(index, kind, body, addr)
            if moved is not None:
                if add == self.copy and self._closed():
                    raise StoreFull("the head is full")
                new = add(kind, body)
                moved(new)
                if kind == TALLY:
                    self.mark(new, body[MARKS_AT:MARKS_END])
                self.kill(addr)  # once its copy is superseded in turn, nobody would find this one

        self.beat()
        while self._cursor < self.flash.sector_size:
            self._cursor = self._sectors.scan(self._victim, self._cursor, _SLICE, visit, ignore)
            if slice_only:
                return True
        self._done()
        return True

    def _done(self) -> None:
        victim, self._victim = self._victim, -1
        self._give_back(victim)

    def _last_resort(self, index: "Index") -> bool:
        """No sector is left to copy to: one that holds nothing but entries of the log is given up with them."""
        victim, weight = self._least(index, False)
        if weight:
            raise StoreFull("no sector is left")
        index.drop(victim * self.flash.sector_size, (victim + 1) * self.flash.sector_size)
        self._victim = victim
        self._done()
        return True


def ignore(kind: int, about: int, addr: int, alone: bool) -> None:
    """What does not verify was reported when it was mounted."""


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .flash.nor import Nor
    from .mount.index import Index
    from .ring.records import Broken
