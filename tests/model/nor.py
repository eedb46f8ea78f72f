# SPDX-License-Identifier: MIT
"""NOR flash as it is, and as unkind as it may be: cuts, cells that can't decide, sectors that fail, misuse told.

Misuse is an error of the software, whatever it reads back: a program that crosses a page, one that wants a 1 where a 0
is or where a cut may have left half a 0, one that repeats bytes without need. The need is a cut: nobody knows then
whether they are all there, so what was programmed before this power-up may be programmed again, the same, once.
"""

from tests.model.dice import Dice
from tests.model.tears import tears, torn

MOODS = 3  # how weak cells read: each time anew, as 1, as 0


class Misuse(Exception):
    """What no flash should be asked to do."""


class PowerCut(BaseException):
    """The power goes, here and now. No exception that what runs could handle."""


class Nor:
    """See agent/store/flash/nor.py for the contract. `weak`: address to mask of bits that read as they like."""

    def __init__(self, sectors: int, sector_size: int, page_size: int, seed: int = 1) -> None:
        self.sectors = sectors
        self.sector_size = sector_size
        self.page_size = page_size
        self.cells = bytearray(b"\xff" * (sectors * sector_size))
        self.weak: dict[int, int] = {}
        self._weak_of: dict[int, int] | None = None  # see _near
        self._weak_in: dict[int, bool] = {}
        self._weak_count = 0
        self.wear = [0] * sectors
        self.stuck: dict[int, str] = {}  # sectors that fail: "program", "erase", or "refuse" both
        self.trace: list[tuple[object, ...]] | None = None  # (what, address, data, cells and weak before) each
        self.fault_at = -1  # the operation from now on, reads included, that raises `fault`
        self.fault_more = 0  # operations behind it that do so too
        self.fault: type = OSError
        self.torn_fault = False
        self.cut_at = -1  # the program or erase from now on in which the power goes: PowerCut
        self.cut_tear = "0"  # "" for any
        self.cut_dice = self._dice = Dice(seed)
        self.mood = 0
        self.reads = self.read_bytes = self.programs = self.programmed = self.erases = 0
        self._repeated: dict[int, int] = {}
        self._spoiled: dict[int, bool] = {}  # sectors that did not erase: nothing but zeros may go there
        self._done: dict[int, bool] = {}  # (a set of MicroPython breaks when the heap ends while it grows)
        # programmed, and not erased, since the power came up

    def power_up(self, mood: int) -> None:
        """Forgets what only a running program could know."""
        self.mood = mood
        self._weak_of = None
        self._repeated = {}
        self._done = {}
        self.reads = self.read_bytes = self.programs = self.programmed = self.erases = 0

    def copy(self, cells: bytes, weak: "dict[int, int]", seed: int) -> "Nor":
        """Another chip of this kind with these cells."""
        other = Nor(0, self.sector_size, self.page_size, seed)
        other.sectors = self.sectors
        other.cells = bytearray(cells)
        other.weak = dict(weak)
        other.wear = list(self.wear)
        other.stuck = dict(self.stuck)
        return other

    def _count(self) -> bool:
        """Whether this operation is one that fails."""
        if self.fault_at < 0:
            return False
        if self.fault_at:
            self.fault_at -= 1
            return False
        if self.fault_more:
            self.fault_more -= 1
        else:
            self.fault_at = -1
        self._repeated.clear()  # whoever asked can't know what was done, and may do all of it again
        self._done.clear()
        return True

    def _change(self, what: str, addr: int, data: bytes) -> None:
        """A program or an erase is about to begin: it is kept, and perhaps cut."""
        if self.trace is not None:
            self.trace.append((what, addr, bytes(data), bytes(self.cells), dict(self.weak)))
        if self.cut_at >= 0:
            if self.cut_at == 0:
                dice, letters = self.cut_dice, tears(what)
                tear = self.cut_tear or letters[dice.roll(len(letters))]
                torn(what, addr, data, self.cells, self.weak, self.sector_size, tear, dice)
                self.cut_tear = "0"  # what may run on changes nothing more, until somebody sets cut_at anew
                raise PowerCut()
            self.cut_at -= 1

    def read(self, addr: int, buf: bytearray) -> None:
        """Fills buf."""
        if self.fault_at >= 0 and self._count():
            raise self.fault()
        size = len(buf)
        end = addr + size
        cells = self.cells
        if addr < 0 or end > len(cells):
            raise Misuse("a read outside the flash")
        self.reads += 1
        self.read_bytes += size
        buf[:] = cells[addr:end]
        if self.weak and self._near(addr, end):
            weak = self.weak
            some = [at for at in weak if addr <= at < end] if len(weak) < size else range(addr, end)
            for at in some:
                if at not in weak:
                    continue
                mask = weak[at]
                low = mask if self.mood == 2 else (self._dice.roll(256) & mask if self.mood == 0 else 0)
                buf[at - addr] = (buf[at - addr] | mask) & ~low

    def _near(self, addr: int, end: int) -> bool:
        """Whether there may be a weak cell in the sector between two addresses; yes for several sectors.

        Which sectors have some is found anew at each start, and when there are others than then, more or fewer: what
        makes cells of one sector weak leaves those of all others as they are.
        """
        weak, size = self.weak, self.sector_size
        if self._weak_of is not weak or self._weak_count != len(weak):
            self._weak_of, self._weak_count = weak, len(weak)
            self._weak_in = {at // size: True for at in weak}
        first, last = addr // size, (end - 1) // size
        return first < last or first in self._weak_in

    def program(self, addr: int, data: bytes) -> None:
        """Clears bits."""
        try:
            self._program(addr, data)
        except MemoryError:
            self._done.clear()
            self._repeated.clear()  # whoever asked can't know what was done, and may do all of it again
            raise

    def _program(self, addr: int, data: bytes) -> None:
        size = len(data)
        end = addr + size
        if not size or addr // self.page_size != (end - 1) // self.page_size:
            raise Misuse("a program crosses a page")
        if self.trace is not None or self.cut_at >= 0:
            self._change("program", addr, data)
        broken = self.fault_at >= 0 and self._count()
        if broken and not self.torn_fault:
            raise self.fault()
        self.programs += 1
        self.programmed += size
        want = int.from_bytes(data, "big")
        sector = addr // self.sector_size
        how = self.stuck.get(sector)
        if want and sector in self._spoiled:
            raise Misuse("a program into a sector that did not erase, at %d" % addr)
        if how == "refuse":
            raise OSError(5)
        if how or (self.weak and self._near(addr, end) and any(addr <= at < end for at in self.weak)):
            changed = self._program_each(addr, data, how)
        else:
            have = int.from_bytes(self.cells[addr:end], "big")
            done = have & want
            if done != want:
                raise Misuse("a 1 is programmed where none can be, at %d" % addr)
            changed = want != have
            if changed:
                self.cells[addr:end] = data
        if broken:
            raise self.fault()
        if not changed and not how:
            if addr in self._done if want else self._repeated.get(addr, 0) >= size:
                raise Misuse("a program without need, at %d" % addr)
        self._done[addr] = True
        if not want:
            self._repeated[addr] = size

    def _program_each(self, addr: int, data: bytes, how: "str | None") -> bool:
        """A program of cells that are weak or fail, one by one; whether it had anything to change."""
        changed = False
        cells = self.cells
        for i, want in enumerate(data):
            have = cells[addr + i]
            mask = self.weak.get(addr + i, 0)
            if want & (~have | mask) & 0xFF and not how:
                raise Misuse("a 1 is programmed where none can be, at %d" % (addr + i))
            changed = changed or (have | mask) & ~want != 0
            if how == "program" and i % 7 == 3:
                continue
            cells[addr + i] = have & want
            if mask:
                mask &= want
                if mask:
                    self.weak[addr + i] = mask
                else:
                    del self.weak[addr + i]
        return changed

    def erase(self, sector: int) -> None:
        """Sets a sector to 0xFF."""
        if not 0 <= sector < self.sectors:
            raise Misuse("no such sector")
        self._change("erase", sector * self.sector_size, b"")
        if self._count():
            raise self.fault()
        self.erases += 1
        self.wear[sector] += 1
        how = self.stuck.get(sector)
        if how == "refuse":
            raise OSError(5)
        base = sector * self.sector_size
        self.cells[base : base + self.sector_size] = b"\xff" * self.sector_size
        for addr in [at for at in self.weak if base <= at < base + self.sector_size]:
            del self.weak[addr]
        self._repeated = {at: size for at, size in self._repeated.items() if at // self.sector_size != sector}
        self._done = {at: True for at in self._done if at // self.sector_size != sector}
        if how == "erase":
            self._spoiled[sector] = True
            self.cells[base + 777 % self.sector_size] = 0xFB
