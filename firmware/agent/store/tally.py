# SPDX-License-Identifier: MIT
"""How often the agent started, and how many starts in a row did not last. A start programs one byte over, in place.

Body: starts before this record (4) · crashes in a row before it (2) · a mark for each start since (32 bytes) · a mark
for each of these that lasted a minute (32 bytes) · what it is about (2). A record that is full counts no further until
idle time makes the next one, so that a unit which never gets that far needs no room for being counted. What a cut
leaves of a mark is one or none: nothing but these counts depends on it.
"""

import struct

from .ring.layout import MARKS_AT, MARKS_END, PLACES, TALLY

_STARTS = 32
_RENEW = 24  # starts after which idle time makes the next record
_MOST = 0xFFFF


class Tally:
    """The counts of one store. `boots`: starts, this one included; `crashes`: in a row, before this one."""

    def __init__(self, store: "Store", journal: "Writer") -> None:
        self._store = store
        self._journal = journal
        self._marks = bytearray(b"\xff" * (MARKS_END - MARKS_AT))
        self._count = 0  # marked starts, this one included
        self.boots = 1
        self.crashes = 0

    def start(self) -> None:
        """Counts a start. Takes no room; StoreError when the flash refuses."""
        addr = self._store.at(TALLY, 0)
        if not addr:
            return
        body = self._journal.read(addr)
        base, crashes = struct.unpack_from(">IH", body)
        self._marks[:] = body[MARKS_AT:MARKS_END]
        count = self._last(0)
        steady = self._last(_STARTS)
        self._count = min(count + 1, _STARTS)
        self.boots = base + self._count
        self.crashes = min(count - steady + (0 if steady else crashes), _MOST)
        if count < _STARTS:
            self._mark(count)

    def steady(self) -> None:
        """A minute after the start: whatever ended the ones before does not end this one. StoreError as above."""
        self.crashes = 0
        if self._count:
            self._mark(_STARTS + self._count - 1)

    def renew(self) -> bool:
        """Makes the first record, or the next one when one is nearly full; whether it did. Only when idle."""
        if self._store.at(TALLY, 0) and self._count < _RENEW:
            return False
        marks = bytearray(b"\xff" * len(self._marks))
        marks[0] = 0  # this start
        if not self._count or not self._marks[_STARTS + self._count - 1]:
            marks[_STARTS] = 0  # it lasted, or it is the first that is counted: a claim is no crash
        head = struct.pack(">IH", self.boots - 1, self.crashes)
        self._store.keep_tally(head + bytes(marks) + PLACES.to_bytes(2, "big"))
        self._count, self._marks = 1, marks
        return True

    def _last(self, first: int) -> int:
        """How many marks there are of 32, from one on; what lies between them counts as one."""
        count = _STARTS
        while count and self._marks[first + count - 1] == 0xFF:
            count -= 1
        return count

    def _mark(self, place: int) -> None:
        self._marks[place] = 0
        self._journal.mark(self._store.at(TALLY, 0), b"\x00", place)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from .ring.writer import Writer
    from .tables import Store
