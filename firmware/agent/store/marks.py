# SPDX-License-Identifier: MIT
"""The head of a sector: what it is, how often it was erased, where it stands in the order, and which layout it has.

Layout 3, 48 bytes, three marks of 16 that are programmed one after the other:
    erase mark  "NLM3" · erase count (4) · CRC-32 of these 8 · 4 blank: the erase before it was complete
    touch       8 zeros: somebody set out to take the sector into use; without an erase nobody may do so again
                8 more zeros: it holds more than copies. A collection that lives on the reserve leaves them blank
    use mark    "NLU3" · sequence (4) · erase count (4) · CRC-32 of these 12: records may follow
Layout 2 is the same, but that all its sectors are touched with 16 zeros, and that it knows neither seals nor tallies.
Every layout to come keeps the erase mark, so that an older agent knows what it must not touch.
"""

from binascii import crc32

from ..errors import StoreError

LAYOUT = 3
OLDEST = 2
MARK = 16
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


def distance(data: bytes, sequence: int) -> int:
    """In how many bits magic and sequence of a use mark differ from what they would be for a sequence."""
    count = 0
    for have, want in zip(data[USE_AT : USE_AT + 8], use_mark(sequence, 0)):
        count += bin(have ^ want).count("1")
    return count


class Head:
    """A head as read (48 bytes). `erased`, `used`: whether that mark verifies; `wear` -1: none does.

    StoreError when it is of a layout that this agent does not read.
    """

    def __init__(self, data: "bytes | memoryview" = KILLED) -> None:
        self.read(data)

    def read(self, data: "bytes | memoryview") -> None:
        """Another head, in place of the one before."""
        self._data = data = bytes(data)
        self.erased = data[0:3] == b"NLM" and crc32(data[:12]) == _WHOLE
        self.used = data[32:35] == b"NLU" and crc32(data[USE_AT:]) == _WHOLE
        self.wear = -1
        self.sequence = 0
        self.touched = data[TOUCH_AT:USE_AT] != _UNTOUCHED
        if self.erased:
            _check(data[3])
            self.wear = int.from_bytes(data[4:8], "little")
        if self.used:
            _check(data[35])
            self.sequence = int.from_bytes(data[36:40], "little")
            self.wear = int.from_bytes(data[40:44], "little")

    @property
    def zeroed(self) -> bool:
        """Whether the touch is whole, both its halves."""
        return self._data[TOUCH_AT:USE_AT] == TOUCHED

    @property
    def copies(self) -> bool:
        """Whether the sector holds nothing but copies."""
        return self._data[OPEN_AT:USE_AT] == _UNTOUCHED[:8]

    @property
    def killed(self) -> bool:
        """Whether all of it is zeros."""
        return self._data == KILLED

    @property
    def dying(self) -> bool:
        """Whether it was given up; the use mark may not be killed yet."""
        return self._data[:USE_AT] == KILLED[:USE_AT]


def _check(digit: int) -> None:
    if not OLDEST <= digit - 48 <= LAYOUT:
        raise StoreError("the store is of a newer layout" if digit - 48 > LAYOUT else "the store is of an older layout")
