# SPDX-License-Identifier: MIT
"""What older layouts looked like, and how a record of theirs is read as one of today's.

A migration is a collection: both layouts are read side by side, sector by sector, and idle time moves the old ones'
live records to a head of the new layout. So it can be cut anywhere, and needs no more room than the journal turns in.

Layout 1 → 2: type and length changed places (a kill must leave the length), and what a record is about (handle,
identifier of a value) moved from the front of the body to its last two bytes (a kill must leave that too).
"""

FIXED = 1  # a credential as enrolled
ROLL = 2  # where its chain stands
LOG = 3
VALUE = 4
RETIRED = 8  # the sectors that are no good; a bit of its own: a kill that is cut makes no other type of it
PLACES = 0xFF00  # what a value is about is its identifier, raised by this: no handle is as high


def from_1(kind: int, body: bytes) -> bytes:
    """The body of a record of layout 1, as layout 2 has it."""
    if kind == LOG:
        return bytes(body)
    front = 1 if kind == VALUE else 2
    return bytes(body[front:]) + (b"\xff" if kind == VALUE else b"") + bytes(body[:front])


def killed_1(kind: int, length: int) -> "tuple[tuple[int, int], ...]":
    """Ranges within a record of layout 1 that a kill programs over, in this order."""
    return ((7 if kind == VALUE else 8, 6 + length), (0, 1))
