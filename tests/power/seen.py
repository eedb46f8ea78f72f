# SPDX-License-Identifier: MIT
"""What was tried already, so that no cut that leaves the same is tried twice; and what tells flashes apart."""

from hashlib import sha256


class Seen:
    """What was tried already: marks of what cuts left, of those that were cut again, and of changes that were torn."""

    def __init__(self) -> None:
        self.left: set[bytes] = set()
        self.deepened: set[bytes] = set()
        self.torn: set[bytes] = set()

    def clear(self) -> None:
        """All of it may be tried again."""
        for marks in (self.left, self.deepened, self.torn):
            marks.clear()


def digests(before: "list[bytes]", addr: int, cells: bytes, size: int) -> "list[bytes]":
    """A hash of each sector. `before`: what they were when a change at an address was to be made, [] if unknown."""
    sums = before[:] or [b""] * (len(cells) // size)
    for at in (addr // size,) if before else range(len(sums)):
        sums[at] = sha256(cells[at * size : at * size + size]).digest()
    return sums
