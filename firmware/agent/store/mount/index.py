# SPDX-License-Identifier: MIT
"""Where in the journal everything live stands: addresses by handle, identifier, sequence. In RAM, made at the start.

4 bytes a credential on most boards: see blocks.py. Nothing is searched on a lookup.
"""

from array import array

from wire import numbers as n

from ..ring.cred import ROLL_SIZE, state
from ..ring.layout import FIXED, LOG, PLACES, ROLL, TALLY, VALUE, size_of
from .blocks import Blocks

LOG_KEEP = 256
LOG_SIZE = 24


class Index:
    """The tables, 0 where nothing is live."""

    def __init__(self, journal: "Writer") -> None:
        self._journal = journal
        self._keys = Blocks(journal.flash.sectors * journal.flash.sector_size)
        self._values: "dict[int, int]" = {}
        self._log = array("I", [0] * LOG_KEEP)
        self._tally = 0
        self._handles = 0  # how many were ever given
        self.log_next = 0
        self.log_tail = b""  # chain value of the newest entry

    def see(self, kind: int, body: bytes, addr: int) -> int:
        """Takes a record that is newer than all before; returns the address of the one that it supersedes, or 0."""
        if kind == LOG:
            return self._see_log(body, addr)
        place = body[-2] << 8 | body[-1]
        before = 0
        if kind == VALUE:
            before = self._values.get(place & ~PLACES, 0)
            self._values[place & ~PLACES] = addr
        elif kind == FIXED or kind == ROLL:
            self._keys.grow(place)
            before = self._keys.get(kind, place)
            self._keys.set(kind, place, addr)
        elif kind == TALLY:
            before, self._tally = self._tally, addr
        return before

    def _see_log(self, body: bytes, addr: int) -> int:
        sequence = int.from_bytes(body[:4], "big")
        twice = sequence < self.log_next <= sequence + LOG_KEEP  # a collection was cut between a copy and a kill
        before = self._log[sequence % LOG_KEEP] if twice else 0
        if sequence + 1 >= self.log_next:
            for missing in range(max(self.log_next, sequence - LOG_KEEP), sequence):
                self._log[missing % LOG_KEEP] = 0
            self.log_next = sequence + 1
            self.log_tail = bytes(body[16:LOG_SIZE])
        if sequence + LOG_KEEP >= self.log_next:
            self._log[sequence % LOG_KEEP] = addr
        return before

    def at(self, kind: int, place: int) -> int:
        """The address of what is live under a type and a handle or identifier, 0 when nothing is."""
        if kind == VALUE:
            return self._values.get(place, 0)
        if kind == TALLY:
            return self._tally
        return self._keys.get(kind, place) if kind == FIXED or kind == ROLL else 0

    def point(self, kind: int, place: int, addr: int) -> None:
        """What is live under a type and a handle or identifier stands at another address, 0 for nowhere."""
        if kind == VALUE:
            self._values[place] = addr
        else:
            self._keys.set(kind, place, addr)

    def forget(self, kind: int, place: int) -> None:
        """Drops from the tables what must not count any more."""
        self.point(kind, place, 0)

    def next_handle(self) -> int:
        """The handle that the next enrolment takes; handles are never used twice."""
        last = self._keys.count - 1
        free = last if last >= self._handles and not self._keys.get(ROLL, last) else last + 1
        return max(free, self._handles)

    def known(self) -> int:
        """Handles below this are in the tables."""
        return self._keys.count

    def lacking(self) -> "list[int]":
        """Handles in the tables that lack a record."""
        return self._keys.lacking()

    def buried(self, handle: int) -> bool:
        """Whether a credential that lacks its fixed record is revoked. Damaged when its other one does not verify."""
        addr = self._keys.get(ROLL, handle)
        return bool(addr) and state(self._journal.read(addr)) == n.CRED_REVOKED

    def log_address(self, sequence: int) -> int:
        """Where an entry is kept, 0 when it is not."""
        return self._log[sequence % LOG_KEEP]

    def log_first(self) -> int:
        """Sequence of the oldest entry that is still kept."""
        first = max(0, self.log_next - LOG_KEEP)
        while first < self.log_next and not self._log[first % LOG_KEEP]:
            first += 1
        return first

    # --- for a collection

    def keep(self, kind: int, body: bytes, addr: int) -> "Callable[[int], None] | None":
        """Who must be told where a live record went; None when nobody needs it."""
        if kind == TALLY:
            return self._tally_moved if self._tally == addr else None
        if kind == LOG:
            slot = int.from_bytes(body[:4], "big") % LOG_KEEP

            def entry_moved(new: int) -> None:
                self._log[slot] = new

            return entry_moved if self._log[slot] == addr else None
        place = body[-2] << 8 | body[-1]
        if kind == VALUE:
            place &= ~PLACES

        def moved(new: int) -> None:
            self.point(kind, place, new)

        return moved if self.at(kind, place) == addr else None

    def _tally_moved(self, addr: int) -> None:
        self._tally = addr

    def weigh(self, live: array, log: bool) -> None:
        """Adds the bytes of everything live to the sectors that hold it; of the log where that is asked."""
        size = self._journal.flash.sector_size
        length = self._journal.length_at
        roll, entry = size_of(ROLL_SIZE), size_of(LOG_SIZE)
        for addr, other in self._keys.both():
            live[other // size] += roll if other else 0
            live[addr // size] += size_of(length(addr)) if addr else 0
        for addr in self._log if log else ():
            live[addr // size] += entry if addr else 0
        for table in (self._values.values(), (self._tally,)):
            for addr in table:
                live[addr // size] += size_of(length(addr)) if addr else 0

    def drop(self, start: int, stop: int) -> None:
        """Gives up the entries of the log between two addresses: a car that opens comes first."""
        for slot, addr in enumerate(self._log):
            if start <= addr < stop:
                self._log[slot] = 0


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ring.writer import Writer
