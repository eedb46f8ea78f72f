# SPDX-License-Identifier: MIT
"""The head of a sector: what it is, how often it was erased, where it stands in the order, and which layout it has.

Layout 4, 48 bytes, three marks of 16 that are programmed one after the other:
    erase mark  "NLM4" · erase count (4) · CRC-32 of these 8 · note, or 4 blank: the erase before it was complete
    touch       8 zeros: somebody set out to take the sector into use; without an erase nobody may do so again
                8 more zeros: it holds more than copies. A collection that lives on the reserve leaves them blank
    use mark    "NLU4" · sequence (4) · erase count (4) · CRC-32 of these 12: records may follow
The note is put between touch and use mark, where a head before this one was given up, with an end that may have been
half written: how many sequences before (1) · a fourth of where its records end (2) · the low byte of their CRC.
Every layout to come keeps the erase mark, so that an older agent knows what it must not touch.
"""

from binascii import crc32

from ...errors import StoreError

LAYOUT = 4
OLDEST = 4
MARK = 16
NOTE_AT = 12
TOUCH_AT = 16
OPEN_AT = 24  # the second half of a touch
USE_AT = 32
FIRST = 48
TOUCHED = bytes(MARK)
KILLED = bytes(FIRST)
_UNTOUCHED = b"\xff" * MARK
_WHOLE = 0x2144DF1C  # the CRC-32 of anything that ends with its own


def _summed(data: bytes) -> bytes:
    return data + (crc32(data) & 0xFFFFFFFF).to_bytes(4, "little")


def erase_mark(wear: int) -> bytes:
    """What says that a sector is erased."""
    return _summed(b"NLM%d" % LAYOUT + wear.to_bytes(4, "little")) + b"\xff\xff\xff\xff"


def use_mark(sequence: int, wear: int) -> bytes:
    """What says that a sector is in use."""
    return _summed(b"NLU%d" % LAYOUT + sequence.to_bytes(4, "little") + wear.to_bytes(4, "little"))


def note(before: int, end: int) -> bytes:
    """What says where the records of a head end that was given up: so many sequences before, 1 to 254."""
    data = bytes([before]) + (end >> 2).to_bytes(2, "little")
    return data + bytes([crc32(data) & 0xFF])


def distance(data: bytes, sequence: int) -> int:
    """In how many bits magic and sequence of a use mark differ from what they would be for a sequence."""
    count = 0
    for have, want in zip(data[USE_AT : USE_AT + 8], use_mark(sequence, 0)):
        count += bin(have ^ want).count("1")
    return count


class Head:
    """A head of 48 bytes, as it reads. `erased`, `used`: whether that mark verifies; `wear` -1: none does.

    Takes no heap once it is made: a start looks at one after the other through the same. StoreError for one of a layout
    that this agent does not read.
    """

    def __init__(self, data: "bytes | memoryview" = KILLED) -> None:
        self.data = memoryview(bytearray(data))
        self._erase, self._use = self.data[:12], self.data[USE_AT:]
        self._touch, self._open = self.data[TOUCH_AT:USE_AT], self.data[OPEN_AT:USE_AT]
        self._numbers = self.data[4:8], self.data[36:40], self.data[40:44]
        self.look()

    def look(self) -> None:
        """What the data tells now."""
        data = self.data
        self.erased = data[0] == 78 and data[1] == 76 and data[2] == 77 and crc32(self._erase) == _WHOLE  # "NLM"
        self.used = data[32] == 78 and data[33] == 76 and data[34] == 85 and crc32(self._use) == _WHOLE  # "NLU"
        self.touched = self._touch != _UNTOUCHED
        self.wear = -1
        self.sequence = 0
        if self.erased:
            _check(data[3])
            self.wear = int.from_bytes(self._numbers[0], "little")
        if self.used:
            _check(data[35])
            self.sequence = int.from_bytes(self._numbers[1], "little")
            self.wear = int.from_bytes(self._numbers[2], "little")

    def noted(self) -> "tuple[int, int]":
        """How many sequences before a head was given up, and where its records end; 0, 0 when nothing is told."""
        before = self.data[NOTE_AT]
        if before and before != 0xFF:
            end = (self.data[NOTE_AT + 1] | self.data[NOTE_AT + 2] << 8) << 2
            if self.data[NOTE_AT:MARK] == note(before, end):
                return before, end
        return 0, 0

    @property
    def zeroed(self) -> bool:
        """Whether the touch is whole, both its halves."""
        return self._touch == TOUCHED

    @property
    def copies(self) -> bool:
        """Whether the sector holds nothing but copies."""
        return self._open == _UNTOUCHED[:8]

    @property
    def killed(self) -> bool:
        """Whether all of it is zeros."""
        return self.data == KILLED

    @property
    def dying(self) -> bool:
        """Whether it was given up; the use mark may not be killed yet."""
        return self.data[:USE_AT] == KILLED[:USE_AT]


def _check(digit: int) -> None:
    if not OLDEST <= digit - 48 <= LAYOUT:
        raise StoreError("the store is of a newer layout" if digit - 48 > LAYOUT else "the store is of an older layout")
