# SPDX-License-Identifier: MIT
"""Where the two records of each credential stand: 4 bytes a handle, in blocks that need no large piece of heap.

A block holds the addresses of 128 handles, each a fourth of what it is: of the fixed record, of the rolling one, in
turn. In a flash of more than 256 KB they take twice as much.
"""

from array import array

from ..ring.layout import FIXED

try:
    from .walk_viper import hole
except (ImportError, SyntaxError, ValueError):
    from .walk_plain import hole

BITS = 7
_MASK = (1 << BITS) - 1
_NARROW = 1 << 18  # bytes of flash whose records two bytes can name, as each stands at a multiple of four


class Blocks:
    """A table by type (FIXED, ROLL) and handle. `count`: handles that it was grown to."""

    def __init__(self, size: int) -> None:
        """size: bytes of the flash."""
        self.blocks: "list[array[int]]" = []
        self.wide = size > _NARROW
        self.count = 0

    def grow(self, handle: int) -> None:
        """Takes a handle in, and all below it."""
        while len(self.blocks) << BITS <= handle:
            self.blocks.append(array("I" if self.wide else "H", bytes((8 if self.wide else 4) << BITS)))
        self.count = max(self.count, handle + 1)

    def get(self, kind: int, handle: int) -> int:
        """An address, 0 for none."""
        return self.blocks[handle >> BITS][(handle & _MASK) << 1 | kind - FIXED] << 2 if handle < self.count else 0

    def set(self, kind: int, handle: int, addr: int) -> None:
        """Keeps an address. The handle is in the table."""
        self.blocks[handle >> BITS][(handle & _MASK) << 1 | kind - FIXED] = addr >> 2

    def both(self) -> "Iterator[tuple[int, int]]":
        """The two addresses of each handle in turn."""
        left = self.count
        for block in self.blocks:
            for place in range(0, min(left, 1 << BITS) << 1, 2):
                yield block[place] << 2, block[place + 1] << 2
            left -= 1 << BITS

    def lacking(self) -> "list[int]":
        """Handles that lack an address."""
        out: "list[int]" = []
        left = self.count
        for number, block in enumerate(self.blocks):
            end = min(left, 1 << BITS) << 1
            place = hole(block, self.wide, 0, end)
            while place < end:
                out.append(number << BITS | place >> 1)
                place = hole(block, self.wide, (place | 1) + 1, end)
            left -= 1 << BITS
        return out


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
