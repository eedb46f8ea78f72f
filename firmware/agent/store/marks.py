# SPDX-License-Identifier: MIT
"""The head of a sector: what it is, how often it was erased, where it stands in the order, and which layout it has.

Layout 2, 48 bytes, three marks of 16 that are programmed one after the other:
    erase mark  "NLM2" · erase count (4) · CRC-32 of these 8 · 4 blank: the erase before it was complete
    touch       16 zeros: somebody set out to take the sector into use; without an erase nobody may do so again
    use mark    "NLU2" · sequence (4) · erase count (4) · CRC-32 of these 12: records may follow
Layout 1 has no touch, its use mark ("NLU1" · sequence · CRC-32 · 4 blank) stands at 16, records start at 32.
Every layout to come keeps the erase mark, so that an older agent knows what it must not touch.
"""

from binascii import crc32

from ..errors import StoreError

LAYOUT = 2
MARK = 16
TOUCH_AT = 16
USE_AT = 32
FIRST = 48
FIRST_OLD = 32
TOUCHED = bytes(MARK)
KILLED = bytes(FIRST)


def _sum(data: bytes) -> bytes:
    return (crc32(data) & 0xFFFFFFFF).to_bytes(4, "little")


def erase_mark(wear: int) -> bytes:
    """What says that a sector is erased."""
    data = b"NLM%d" % LAYOUT + wear.to_bytes(4, "little")
    return data + _sum(data) + b"\xff\xff\xff\xff"


def use_mark(sequence: int, wear: int) -> bytes:
    """What says that a sector is in use."""
    data = b"NLU%d" % LAYOUT + sequence.to_bytes(4, "little") + wear.to_bytes(4, "little")
    return data + _sum(data)


def distance(data: bytes, sequence: int) -> int:
    """In how many bits magic and sequence of a use mark differ from what they would be for a sequence."""
    count = 0
    for have, want in zip(data[USE_AT : USE_AT + 8], use_mark(sequence, 0)):
        count += bin(have ^ want).count("1")
    return count


class Head:
    """A head as read (48 bytes). `erased`, `used`: the layout of the mark, 0 where none verifies; `wear` -1: none."""

    def __init__(self, data: bytes) -> None:
        data = bytes(data)
        self.erased = 0
        self.used = 0
        self.wear = -1
        self.sequence = 0
        self.touched = data[TOUCH_AT:USE_AT] != b"\xff" * MARK
        self.zeroed = data[TOUCH_AT:USE_AT] == TOUCHED
        self.killed = data == KILLED
        self.dying = data[:USE_AT] == KILLED[:USE_AT]  # given up; the use mark may not be killed yet
        if data[0:3] == b"NLM" and _sum(data[0:8]) == data[8:12]:
            self.erased = data[3] - 48
            self.wear = int.from_bytes(data[4:8], "little")
            if self.erased > LAYOUT:
                raise StoreError("the store is of a newer layout")
        if data[USE_AT : USE_AT + 4] == b"NLU2" and _sum(data[USE_AT : USE_AT + 12]) == data[USE_AT + 12 : FIRST]:
            self.used = 2
            self.sequence = int.from_bytes(data[USE_AT + 4 : USE_AT + 8], "little")
            self.wear = int.from_bytes(data[USE_AT + 8 : USE_AT + 12], "little")
        elif data[16:20] == b"NLU1" and _sum(data[16:24]) == data[24:28]:
            self.used = 1
            self.sequence = int.from_bytes(data[20:24], "little")
