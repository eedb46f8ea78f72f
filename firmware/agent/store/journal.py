# SPDX-License-Identifier: MIT
"""An append-only journal in a ring of flash sectors: every change is one record that is there whole or not at all.

Any number of sectors from four up take turns as banks. Position is order: a later record wins over an earlier one. A
collection copies the live records of a sector to the head and programs each original over once its copy verifies; then
the sector's head is killed, and the sector erased. Cut anywhere, each live record is there once or twice.

What a cut may leave half programmed, though it reads blank, is never programmed with anything but zeros: recover.py
settles the end of the journal before anything is promised on it.
"""

from ..errors import StoreError
from . import migrate, recover
from .ring import RESERVE, Ring
from .sectors import BODY_MAX, HEAD, REACH, size_of

_TRIES = 3
_SLICE = 8  # records that one slice of a collection moves


class Journal(Ring):
    """The journal on one flash. Addresses are absolute; 0 is never one of a record."""

    def __init__(self, flash: "Nor") -> None:
        super().__init__(flash)
        self._bad_at = 0
        self._out = memoryview(bytearray(HEAD + BODY_MAX))
        self._back = memoryview(bytearray(HEAD + BODY_MAX))
        self._undo: "Sequence[tuple[int, memoryview]]" = ()  # zeros that are still to be programmed
        self._victim = -1
        self._cursor = 0
        self._settled = False
        self.repaired = 0  # sectors whose head was unreadable and that were taken back

    def mount(self, visit: "Visit", broken: "Broken") -> None:
        """Finds every record in order: see Sectors.scan. Writes nothing; settle() does, once the tables are known.

        StoreError when a sector is of a newer layout, or there is data but not one sector of ours.
        """

        def see(kind: int, body: bytes, addr: int) -> None:
            if kind == migrate.RETIRED:
                self._bad[:] = body
                self._bad_at = addr
            else:
                visit(kind, body, addr)

        recover.sort(self)
        recover.scan(self, see, broken)

    def settle(self, keep: "Keep") -> None:
        """Makes sure of the end of the journal: see recover.settle."""
        recover.settle(self, lambda kind, body, addr: self._keep(keep, kind, body, addr))
        self._settled = True

    def _keep(self, keep: "Keep", kind: int, body: bytes, addr: int) -> "Callable[[int], None] | None":
        if kind == migrate.RETIRED:
            return self._bad_moved if addr == self._bad_at else None
        return keep(kind, body, addr)

    def _bad_moved(self, addr: int) -> None:
        self._bad_at = addr

    # --- records

    def read(self, addr: int) -> bytes:
        """The body of the record at an address. StoreError when it does not verify any more."""
        return self._sectors.body(addr)

    def later(self, one: int, other: int) -> bool:
        """Whether the record at one address is newer than that at another."""
        size = self.flash.sector_size
        sequences = self._sectors.sequences
        first, second = sequences[one // size], sequences[other // size]
        return first > second or (first == second and one > other)

    def last_about(self) -> int:
        """What the last record is about that was there at the start; a kill that was cut was about the same."""
        return self._sectors.about

    def append(self, kind: int, body: bytes, collecting: bool = False) -> int:
        """Adds a record (type 1 to 254, body of 2 to BODY_MAX bytes) and returns its address once it reads back right.

        StoreFull when no clean sector is left for it; StoreError when the flash fails.
        """
        assert 0 < kind < 0xFF and len(body) <= BODY_MAX
        size = self.flash.sector_size
        sectors = self._sectors
        for _ in range(_TRIES):
            self._pay_undo()
            if not self._order or self._at + size_of(len(body)) > size:
                self._open(collecting)
            sector = self._order[-1]
            at = self._at
            addr = sector * size + at
            length = sectors.build(self._out, sectors.sequences[sector], at, kind, body)
            data = self._out[:length]
            back = self._back[:length]
            pieces = sectors.pieces(addr, data)
            undo = sectors.zeros(addr, size_of(len(body)))
            self._at = at + size_of(len(body))
            bad = None
            try:
                sectors.program(pieces)
                sectors.read(addr, back)
                if back == data:
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
            if bad is not None:
                self._fail(sector, bad)
        raise StoreError("flash does not hold what is programmed")

    def _pay_undo(self) -> None:
        """Programs zeros over what was appended, perhaps well, and not counted; not if the flash refuses."""
        try:
            self._sectors.program(self._undo)
        except StoreError:
            pass
        self._undo = ()

    def complete(self, addr: int, kind: int, body: bytes) -> bool:
        """Programs a record again that a cut may have left weak; whether it reads back right."""
        sectors = self._sectors
        size = self.flash.sector_size
        length = sectors.build(self._out, sectors.sequences[addr // size], addr % size, kind, body)
        try:
            sectors.program(sectors.pieces(addr, self._out[:length]))
            sectors.read(addr, self._back[:length])
        except StoreError:
            return False
        return self._back[:length] == self._out[:length]

    def kill(self, addr: int) -> None:
        """Programs a superseded record over. A sector that does not take it is emptied and erased."""
        try:
            self._sectors.kill(addr)
        except StoreError:
            self._fail(addr // self.flash.sector_size, False)

    # --- upkeep

    def save_retired(self) -> bool:
        """Makes durable which sectors are retired; False when that is so already."""
        count = self.retired()
        if count == self._bad_known:
            return False
        before = self._bad_at
        self._bad_at = self.append(migrate.RETIRED, self._bad, True)
        self._bad_known = count
        if before:
            self.kill(before)
        return True

    def collect(self, keep: "Keep", slice_only: bool = False) -> bool:
        """Empties a sector, the one that must go first or else the oldest, and gives it back; False when there is none.

        keep(type, body, addr) returns a function that is told the new address, or None for what is not live.
        """
        self._pay_undo()
        if self._victim < 0 and not self._choose():
            return False
        victim = self._victim

        def visit(kind: int, body: bytes, addr: int) -> None:
            moved = self._keep(keep, kind, body, addr)
            if moved is not None:
                moved(self.append(kind, body, True))
                self.kill(addr)  # once its copy is superseded in turn, nobody would find this one

        while self._cursor < self.flash.sector_size:
            self._cursor = self._sectors.scan(victim, self._cursor, _SLICE, visit, _ignore)
            if slice_only:
                return True
        self.save_retired()
        self._sectors.kill_head(victim)
        self._victim = -1
        self._order.remove(victim)
        if victim in self._leaving:
            self._leaving.remove(victim)
        if not self._is_bad(victim):
            self._dirty.append(victim)
        return True

    def _choose(self) -> bool:
        """Picks what to empty next."""
        for group in (self._leaving, [sector for sector in self._order if self._sectors.old[sector]], self._order[:-1]):
            if group:
                self._victim, self._cursor = group[0], 0
                if group[0] == self._order[-1]:
                    self._at = self.flash.sector_size
                return True
        return False

    def maintain(self, keep: "Keep", goal: int) -> bool:
        """One slice of idle work: saves, empties, erases, until `goal` sectors are clean. True: there may be more.

        Nothing is done to what could not be mounted: it may be a store of a newer layout, or one that lost its heads.
        """
        if not self._settled:
            return False
        if self.save_retired():
            return True
        if self._victim < 0 and not self._leaving and not self.migrating():
            if self.prepare():
                return True
            if self._order and self._at + REACH > self.flash.sector_size and len(self._clean) > RESERVE:
                self._open(False)  # now, and not on the path of an unlock
                return True
            if len(self._clean) >= goal or self._barren > len(self._order):
                return False
            self._barren += 1
        return self.collect(keep, True) or self.prepare()


def _ignore(kind: int, about: int, addr: int, alone: bool) -> None:
    """What does not verify was reported when it was mounted."""


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .nor import Nor
    from .sectors import Broken, Visit

    Keep = Callable[[int, bytes, int], Callable[[int], None] | None]
