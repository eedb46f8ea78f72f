# SPDX-License-Identifier: MIT
"""Reads the sectors at a start, fast: every record is verified, and the tables are filled as Records.scan fills them.

One loop over a window of the flash does the work (walk_viper.py), as far as all is in order: whole records, killed
ones, seals, filling, blank flash. It returns when it has something to say that is not for it to decide. Where anything
else begins, a scan goes on from there.
"""

from array import array
from binascii import crc32

from ...errors import StoreError
from ..ring import marks
from ..ring.layout import HEAD, QUIET, SEAL, size_of
from .blocks import BITS

try:
    from .walk_viper import step
except (ImportError, SyntaxError, ValueError):
    from .walk_plain import step

WINDOW = 1024
_RECORD = 150  # sequence, offset (4 each) · type, length (1 each) · body · its CRC · at 142 the newest log entry's end
_KIND, _LENGTH, _BODY, _LOG_TAIL = 8, 9, 10, 142
_SUM = 4
_LENGTHS = 129
_ALL = 1 << 28

# The state of the loop, all offsets in the sector but where it says address:
_AT = 0  # where it goes on
_LOW, _HIGH = 1, 2  # what the window shows
_SIZE, _BASE, _SEQUENCE = 3, 4, 5  # of the sector, as far as it counts; its base is an address
_TAIL = 6  # where the last record that verified ends, or the seal behind it
_LAST = 7  # where that record is, 0 for none
_FILL = 8  # 0: verify, and touch no table
_SEALED = 9  # whether a seal stands behind it
_LOG_NEXT = 10
_TOLD = 11  # what it returns with: a length, a handle, the address of a superseded record
_ABOUT, _ABOUT_SIZE = 12, 13  # what a killed record must be about to be told of, and the length that the first two have
_KILLED = 14  # four addresses, two of that length and two of others, the newer ones behind
_ROOM = 18  # handles that the tables have room for
_COUNT = 19  # handles seen, and all below
_WIDE = 20  # whether these addresses have 4 bytes
_STATE = 21

# What it returns with
_DONE = 0
_MORE = 1  # the window ends
_ODD = 2  # what is at _AT is for a scan
_VIEW = 3  # a view for a length is to be made
_OTHER = 4  # the record before _AT is of no table that it knows
_GROW = 5  # the record before _AT is of a handle behind the tables' end
_STALE = 6  # the record before _AT took the place of another
_MARKED = 7  # the record at _AT is a tally, in which bits are cleared: it is to be verified

_NOTHING = 0x10000  # no record is about that


class Walk:
    """Reads sectors into an index. `visit` is told of records that are for no table of it, `stale` gets the addresses
    of those that others took the place of.
    """

    def __init__(self, sectors: "Records", index: "Index", visit: "Visit", stale: "list[int]") -> None:
        self._sectors = sectors
        self._index = index
        self._visit = visit
        self._stale = stale
        self._size = sectors.flash.sector_size
        self._state = state = array("I", [0] * _STATE)
        self._buffer = memoryview(bytearray(WINDOW) + SEAL + QUIET)
        self._record = bytearray(_RECORD)
        self._kept = 0, b""  # the last record, once the window has moved on
        self._views = [memoryview(b"")] * _LENGTHS  # of the record: a length each, once one is met
        self._made = bytearray(_LENGTHS)
        state[_ABOUT] = _NOTHING
        state[_WIDE] = index._keys.wide

    def end(self, sector: int) -> None:
        """Finds the last record of a sector, as a scan that keeps it does."""
        sectors = self._sectors
        if self.read(sector, False, True) == self._state[_SIZE]:
            self._keep(sector)
        else:
            sectors.scan(sector, 0, _ALL, _no_record, _nothing_broken, True)

    def look_for(self, about: int, length: int) -> None:
        """Killed records about this are noted from here on, as in a scan."""
        self._state[_ABOUT], self._state[_ABOUT_SIZE] = about, length

    def sector(self, sector: int, broken: "Broken", keep: bool) -> None:
        """Visits all records of a sector; see Records.scan."""
        at = self.read(sector, True, keep)
        sectors, state = self._sectors, self._state
        if at == state[_SIZE]:
            if keep:
                self._keep(sector)
            return
        sectors.killed = self.killed()
        sectors.scan(sector, at, _ALL, self._visit, broken, keep)
        for place, some in zip((_KILLED, _KILLED + 2), sectors.killed):
            for i, addr in enumerate(some):
                state[place + 2 - len(some) + i] = addr
        if keep and not sectors.last:
            if sectors.tail > at:  # a seal
                state[_TAIL], state[_SEALED] = sectors.tail, sectors.sealed
            self._keep(sector)

    def killed(self) -> "tuple[list[int], list[int]]":
        """The last two killed records about what was looked for of that length, and the last two of others."""
        found = list(self._state)
        return [one for one in found[_KILLED : _KILLED + 2] if one], [one for one in found[_KILLED + 2 : _ROOM] if one]

    def _keep(self, sector: int) -> None:
        """Tells as a scan does what the last record was. Its bytes are those that verified: it may be a weak one."""
        sectors, state = self._sectors, self._state
        sectors.tail, sectors.sealed, sectors.last = state[_TAIL], bool(state[_SEALED]), 0
        if state[_LAST]:
            sectors.last = sector * self._size + state[_LAST]
            sectors.last_kind, sectors.last_body = self._last()

    def _last(self) -> "tuple[int, bytes]":
        """Type and body of the last record that verified: out of the window, or kept when that moved on."""
        at = self._state[_LAST] - self._state[_LOW]
        if at < 0:
            return self._kept
        return self._buffer[at + 1], bytes(self._buffer[at + HEAD : at + HEAD + self._buffer[at]])

    def read(self, sector: int, fill: bool, keep: bool = False) -> int:
        """Reads a sector; the offset where something is not in order, the end of what counts in it when all is.

        Into the tables where `fill` says so. `keep` remembers the last record.
        """
        state, window, record = self._state, self._buffer, self._record
        index, views, made = self._index, self._views, self._made
        keys, log = index._keys, index._log
        view = window[:WINDOW]
        flash = self._sectors.flash
        base = sector * self._size
        size = state[_SIZE] = self._sectors.ends.get(sector, self._size)
        state[_LOW] = state[_HIGH] = state[_LAST] = state[_SEALED] = 0
        state[_AT] = state[_TAIL] = marks.FIRST
        state[_BASE], state[_SEQUENCE], state[_FILL] = base, self._sectors.sequences[sector], fill
        state[_COUNT], state[_ROOM] = keys.count, len(keys.blocks) << BITS
        state[_LOG_NEXT] = index.log_next
        code = _MORE
        while code != _DONE and code != _ODD:
            if code == _MORE:
                if keep and state[_LAST]:
                    self._kept = self._last()
                low = state[_LOW] = state[_AT]
                high = state[_HIGH] = min(size, low + WINDOW)
                try:
                    flash.read(base + low, view if high - low == WINDOW else view[: high - low])
                except OSError:
                    raise StoreError("flash can't be read")
            elif code == _GROW:
                keys.grow(state[_TOLD])
                keys.set(record[_KIND], state[_TOLD], base + state[_LAST])
                state[_COUNT], state[_ROOM] = keys.count, len(keys.blocks) << BITS
            elif code == _STALE:
                self._stale.append(state[_TOLD])
            elif code == _OTHER:  # never of a credential
                self._visit(record[_KIND], bytes(record[_BODY : _BODY + record[_LENGTH]]), base + state[_LAST])
            elif code == _VIEW:
                views[state[_TOLD]] = memoryview(record)[: _BODY + state[_TOLD] + _SUM]
                made[state[_TOLD]] = 1
            elif not self._tally(base):
                break
            code = step(state, window, record, crc32, views, made, keys.blocks, log)
        keys.count = state[_COUNT]
        if index.log_next != state[_LOG_NEXT]:
            index.log_next = state[_LOG_NEXT]
            index.log_tail = bytes(record[_LOG_TAIL:])
        return state[_AT]

    def _tally(self, base: int) -> bool:
        """Takes the tally in the buffer, if it verifies."""
        state, record = self._state, self._record
        end = _BODY + record[_LENGTH]
        body = bytes(record[_BODY:end])
        at = state[_AT]
        if self._sectors.crc(state[_SEQUENCE], at, record[_KIND], body) != int.from_bytes(
            record[end : end + _SUM], "little"
        ):
            return False
        state[_LAST] = at
        state[_AT] = state[_TAIL] = at + size_of(len(body))
        state[_SEALED] = 0
        if state[_FILL]:
            self._visit(record[_KIND], body, base + at)
        return True


def _no_record(kind: int, body: bytes, addr: int) -> None:
    """Only the last one counts."""


def _nothing_broken(kind: int, about: int, addr: int, alone: bool) -> None:
    """It is told when the sector is visited."""


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..ring.records import Broken, Records, Visit
    from .index import Index
