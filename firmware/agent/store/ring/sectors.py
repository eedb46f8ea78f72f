# SPDX-License-Identifier: MIT
"""One sector at a time: reads and programs, heads, where a sector ends. Knows nothing of the order of sectors."""

from array import array

from ...errors import StoreError
from . import marks

_CHUNK = 256  # divides every sector
_BLANK = b"\xff"


class Sectors:
    """The sectors of one flash. Addresses are absolute; OSError of the flash comes out as StoreError."""

    def __init__(self, flash: "Nor") -> None:
        self.flash = flash
        self.sequences = array("I", [0] * flash.sectors)
        self._small = memoryview(bytearray(marks.MARK))
        self._head = marks.Head()
        self._zeros = memoryview(bytes(_CHUNK))
        self._page = memoryview(bytearray(_CHUNK))

    def read(self, addr: int, buf: "bytearray | memoryview") -> None:
        """Fills buf."""
        try:
            self.flash.read(addr, buf)
        except OSError:
            raise StoreError("flash can't be read")

    def pieces(self, addr: int, data: memoryview) -> "list[tuple[int, memoryview]]":
        """Data cut at page borders. Made before the first one is programmed: nothing may fail between them."""
        page = self.flash.page_size
        out = []
        at = 0
        while at < len(data):
            stop = min(len(data), at + page - (addr + at) % page)
            out.append((addr + at, data[at:stop]))
            at = stop
        return out

    def program(self, pieces: "Sequence[tuple[int, memoryview]]") -> None:
        """Programs what pieces() made. StoreError when the flash says that it can't."""
        try:
            for addr, data in pieces:
                self.flash.program(addr, data)
        except OSError:
            raise StoreError("flash can't be programmed")

    def zero(self, addr: int, size: int) -> None:
        """Programs zeros."""
        self.program(self.zeros(addr, size))

    def zeros(self, addr: int, size: int) -> "list[tuple[int, memoryview]]":
        """The pieces of so many zeros."""
        return self.pieces(addr, self._zeros[:size])

    def wipe(self, sector: int, at: int, stop: int) -> None:
        """Zeros from one offset to another, also where zeros are read: a cut may have left them weak."""
        base = sector * self.flash.sector_size
        while at < stop:
            to = min(stop, at + _CHUNK)
            self.zero(base + at, to - at)
            at = to

    def end(self, sector: int) -> int:
        """The offset behind the last byte of a sector that does not read blank."""
        page = self._page
        at = self.flash.sector_size
        while at:
            at -= len(page)
            self.read(sector * self.flash.sector_size + at, page)
            last = len(bytes(page).rstrip(_BLANK))
            if last:
                return at + last
        return 0

    def head(self, sector: int) -> marks.Head:
        """The head of a sector, until another one is asked for. StoreError when it is of a newer layout."""
        head = self._head
        self.read(sector * self.flash.sector_size, head.data)
        head.look()
        return head

    def use_mark(self, sector: int) -> memoryview:
        """The use mark of a sector as it reads, to be programmed again. StoreError when it does not verify now."""
        if not self.head(sector).used:
            raise StoreError("a use mark does not read")
        return memoryview(bytes(self._head.data[marks.USE_AT :]))

    def kill_head(self, sector: int) -> None:
        """Programs all marks over, unless that is done: a half-erased sector must not look like one of ours."""
        head = self.head(sector)
        base = sector * self.flash.sector_size
        for at in range(0, 0 if head.killed else marks.FIRST, marks.MARK):
            if at != marks.TOUCH_AT or not head.zeroed:
                self.zero(base + at, marks.MARK)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..flash.nor import Nor
