# SPDX-License-Identifier: MIT
"""Where the two records of each credential stand: 8 bytes a handle, in blocks that need no large piece of heap.

A block holds the addresses of 128 handles: of the fixed record, of the rolling one, in turn.
"""

from array import array

from .layout import FIXED

try:
    from .walk_viper import hole
except (ImportError, SyntaxError, ValueError):
    from .walk_plain import hole

BITS = 7
_MASK = (1 << BITS) - 1
_BYTES = 8 << BITS


class Blocks:
    """A table by type (FIXED, ROLL) and handle. `count`: handles that it was grown to."""

    def __init__(self) -> None:
        self.blocks: "list[array[int]]" = []
        self.count = 0

    def grow(self, handle: int) -> None:
        """Takes a handle in, and all below it."""
        while len(self.blocks) << BITS <= handle:
            self.blocks.append(array("I", bytes(_BYTES)))
        self.count = max(self.count, handle + 1)

    def get(self, kind: int, handle: int) -> int:
        """An address, 0 for none."""
        return self.blocks[handle >> BITS][(handle & _MASK) << 1 | kind - FIXED] if handle < self.count else 0

    def set(self, kind: int, handle: int, addr: int) -> None:
        """Keeps an address. The handle is in the table."""
        self.blocks[handle >> BITS][(handle & _MASK) << 1 | kind - FIXED] = addr

    def both(self) -> "Iterator[tuple[int, int]]":
        """The two addresses of each handle in turn."""
        left = self.count
        for block in self.blocks:
            for place in range(0, min(left, 1 << BITS) << 1, 2):
                yield block[place], block[place + 1]
            left -= 1 << BITS

    def lacking(self) -> "list[int]":
        """Handles that lack an address."""
        out: "list[int]" = []
        left = self.count
        for number, block in enumerate(self.blocks):
            end = min(left, 1 << BITS) << 1
            place = hole(block, 0, end)
            while place < end:
                out.append(number << BITS | place >> 1)
                place = hole(block, (place | 1) + 1, end)
            left -= 1 << BITS
        return out


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
