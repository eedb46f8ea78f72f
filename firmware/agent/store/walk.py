# SPDX-License-Identifier: MIT
"""Reads a sector at a start, fast: every record is verified, and the tables are filled, as Sectors.scan would do it.

Only as far as all is in order: whole records, killed ones, filling, blank flash. Where anything else begins it stops,
and scan goes on from there. One loop over a window of the flash does the work (walk_viper.py); it returns when it has
something to say that is not for it to decide.
"""

from array import array
from binascii import crc32

from ..errors import StoreError
from . import marks
from .migrate import FIXED

try:
    from .walk_viper import step
except (ImportError, SyntaxError, ValueError):
    from .walk_plain import step

WINDOW = 1024
_RECORD = 150  # sequence, offset (4 each) · type, length (1 each) · body · its CRC · at 142 the newest log entry's end (8)
_KIND, _LENGTH, _BODY, _LOG_TAIL = 8, 9, 10, 142
_SUM = 4
_LENGTHS = 129
_WORD = 4
_STEP = 64  # handles that the tables grow by

# The state of the loop, all offsets in the sector but where it says address:
_AT = 0  # where it goes on
_LOW, _HIGH = 1, 2  # what the window shows
_SIZE, _BASE, _SEQUENCE = 3, 4, 5  # of the sector; its base is an address
_TAIL = 6  # where the last record that verified ends
_LAST = 7  # where that one is, 0 for none
_FILL = 8  # 0: verify, and touch no table
_COUNT = 9  # handles seen
_LOG_NEXT = 10
_TOLD = 11  # what it returns with: a length, a handle, the address of a superseded record
_ABOUT, _ABOUT_SIZE = 12, 13  # what a killed record must be about to be told of, and the length that the first two have
_KILLED = 14  # four addresses, two of that length and two of others, the newer ones behind
_ROOM = 18  # handles that the tables have room for
_STATE = 19

# What it returns with
_DONE = 0
_MORE = 1  # the window ends
_ODD = 2  # what is at _AT is for Sectors.scan
_VIEW = 3  # a view for a length is to be made
_OTHER = 4  # the record before _AT is of no table that it knows
_GROW = 5  # the record before _AT is of a handle behind the tables' end
_STALE = 6  # the record before _AT took the place of another

NOTHING = 0x10000  # no record is about that


class Walk:
    """Reads sectors into tables. `into` is what they are filled with; see Into."""

    def __init__(self, sectors: "Sectors", into: "Into") -> None:
        self._sectors = sectors
        self._into = into
        self._state = state = array("I", [0] * _STATE)
        self._window = memoryview(bytearray(WINDOW))
        self._record = bytearray(_RECORD)
        self._views: "list[memoryview | None]" = [None] * _LENGTHS  # of the record: a length each
        self._made = bytearray(_LENGTHS)
        self._size = state[_SIZE] = sectors.flash.sector_size
        state[_ABOUT] = NOTHING

    def look_for(self, about: int, length: int) -> None:
        """Killed records about this are told of from here on: see killed()."""
        self._state[_ABOUT], self._state[_ABOUT_SIZE] = about, length

    def killed(self) -> "tuple[list[int], list[int]]":
        """Addresses of killed records: the last two of the length looked for, and of other lengths."""
        found = list(self._state[_KILLED : _KILLED + 4])
        return [one for one in found[:2] if one], [one for one in found[2:] if one]

    def keep(self, killed: "tuple[list[int], list[int]]") -> None:
        """What killed() gave, with what a scan found meanwhile."""
        for place, some in zip((_KILLED, _KILLED + 2), killed):
            for i, addr in enumerate(some):
                self._state[place + 2 - len(some) + i] = addr

    @property
    def tail(self) -> int:
        """The offset behind the last record that verified in the last sector."""
        return self._state[_TAIL]

    @property
    def last(self) -> int:
        """The offset of that record, 0 for none."""
        return self._state[_LAST]

    def last_record(self) -> "tuple[int, bytes]":
        """Type and body of that record. Only right after a sector that was walked through to its end."""
        record = self._record
        return record[_KIND], bytes(record[_BODY : _BODY + record[_LENGTH]])

    def sector(self, sector: int, fill: bool = True) -> int:
        """Reads a sector; the offset where something is not in order, the sector's size when all is."""
        state, into, window, record, size = self._state, self._into, self._window, self._record, self._size
        views, made, fixed, roll, log = self._views, self._made, into.fixed, into.roll, into.log
        read = self._sectors.flash.read
        base = sector * size
        state[_LOW] = state[_HIGH] = state[_LAST] = 0
        state[_AT] = state[_TAIL] = marks.FIRST
        state[_BASE], state[_SEQUENCE], state[_FILL] = base, self._sectors.sequences[sector], fill
        state[_COUNT] = into.count
        state[_ROOM] = len(fixed)
        state[_LOG_NEXT] = into.log_next
        code = _MORE
        while code != _DONE and code != _ODD:
            if code == _MORE:
                low = state[_LOW] = state[_AT]
                high = state[_HIGH] = min(size, low + WINDOW)
                try:
                    read(base + low, window if high < size else window[: high - low])
                except OSError:
                    raise StoreError("flash can't be read")
            elif code == _GROW:
                more = array("I", bytes(_WORD * (state[_TOLD] - len(fixed) + _STEP)))
                fixed.extend(more)
                roll.extend(more)
                (fixed if record[_KIND] == FIXED else roll)[state[_TOLD]] = base + state[_LAST]
                state[_ROOM] = len(fixed)
            elif code == _STALE:
                into.stale.append(state[_TOLD])
            elif code == _OTHER:
                into.visit(record[_KIND], bytes(record[_BODY : _BODY + record[_LENGTH]]), base + state[_LAST])
            else:
                length = state[_TOLD]
                views[length] = memoryview(record)[: _BODY + length + _SUM]
                made[length] = 1
            code = step(state, window, record, crc32, views, made, fixed, roll, log)
        into.count = state[_COUNT]
        if into.log_next != state[_LOG_NEXT]:
            into.log_next = state[_LOG_NEXT]
            into.log_tail = bytes(record[_LOG_TAIL:])
        return state[_AT]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from .sectors import Sectors

    class Into(Protocol):
        """What a walk fills: addresses of fixed and rolling records by handle, of log entries by sequence."""

        fixed: "array[int]"
        roll: "array[int]"
        log: "array[int]"
        count: int  # handles in the first two; what lies behind is room
        log_next: int
        log_tail: bytes
        stale: "list[int]"  # addresses of records that others took the place of

        def visit(self, kind: int, body: bytes, addr: int) -> None:
            """A record of any other table."""
