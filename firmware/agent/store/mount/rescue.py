# SPDX-License-Identifier: MIT
"""A sector in use whose use mark does not read any more: its records tell the sequence that the mark told.

A CRC-32 is one to one in any four bytes of what it covers, and the first four that a record's covers are the sequence
of its sector. So each record tells one, by running its CRC backwards; where two tell the same, both verify.
"""

import struct

from ..ring import marks
from ..ring.layout import ALIGN, BODY_MAX, HEAD, KEY, size_of

_NEAR = 12  # bits by which a use mark may differ from the one that it would be
_ASKED = 40  # records, or what looks like some
_POLY = 0xEDB8, 0x8320


def implied(crc: int, data: bytes) -> int:
    """The number whose four bytes, little-endian, come before `data` under a CRC-32."""
    high, low = crc >> 16 ^ 0xFFFF, crc & 0xFFFF ^ 0xFFFF  # two halves: small integers take no heap
    for place in range(len(data) + 3, -1, -1):
        for _ in range(8):
            odd = high >> 15
            if odd:
                high, low = high ^ _POLY[0], low ^ _POLY[1]
            high, low = high << 1 & 0xFFFF | low >> 15, low << 1 & 0xFFFF | odd
        if place >= 4:
            low ^= data[place - 4]
    return (high ^ 0xFFFF) << 16 | low ^ 0xFFFF


def told(sectors: "Records", sector: int, likely: "list[int]") -> int:
    """The sequence that two records of a sector tell, or one if it is a likely one; -1 for none."""
    size = sectors.flash.sector_size
    at = marks.FIRST
    last = sectors.end(sector)
    view = memoryview(bytearray(HEAD + BODY_MAX))
    said: "list[int]" = []
    while at < last and len(said) < _ASKED:
        sectors.read(sector * size + at, view[: min(len(view), size - at)])
        length, kind = view[0], view[1]
        if KEY <= length <= min(BODY_MAX, size - at - HEAD):
            if not any(view[1 : HEAD + length - KEY]):  # killed
                at += size_of(length)
                continue
            if 0 < kind < 0xFF:
                crc = struct.unpack_from("<I", view, 2)[0]
                one = implied(crc, struct.pack("<IBB", at, kind, length) + bytes(view[HEAD : HEAD + length]))
                if one in said or one in likely:
                    return one
                said.append(one)
        at += ALIGN
    return -1


def adopt(ring: "Ring", sector: int, known: "list[int]") -> bool:
    """Takes a sector back for as long as it takes to empty it, if it was in use; `known` are the others' sequences."""
    sectors = ring._sectors
    head = bytearray(marks.FIRST)
    sectors.read(sector * ring.flash.sector_size, head)
    whole = marks.Head(head).erased
    read = int.from_bytes(head[marks.USE_AT + 4 : marks.USE_AT + 8], "little")
    likely = [read] + [read ^ 1 << bit for bit in range(24)]
    if known:
        likely += range(min(known) - 2, max(known) + 4)
    one = told(sectors, sector, [one for one in likely if one not in known])
    # a head that was being killed, or a sector that was being erased, is not half there by a few bits
    if one < 0 or one in known or not (whole or marks.distance(head, one) <= _NEAR):
        return False
    sectors.sequences[sector] = one
    ring._dirty.remove(sector)
    ring._leaving.append(sector)
    ring._sequence = max(ring._sequence, one)
    return True


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..ring.records import Records
    from ..ring.ring import Ring
