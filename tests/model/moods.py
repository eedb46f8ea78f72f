# SPDX-License-Identifier: MIT
"""A flash that is in a mood: it refuses so many times, reads a byte wrong once, and remembers what was asked of it."""

from tests.model.nor import Nor


class Moody(Nor):
    """`no_erase`, `no_program`: of a sector, how many more times it refuses; -1 for ever. `wrong`: address to bits that
    one read of it flips, the one that `wrong_after` others came before. `tries`: erases that were asked of each sector;
    `written`: programs that each took."""

    def __init__(self, sectors: int, sector_size: int, page_size: int) -> None:
        super().__init__(sectors, sector_size, page_size)
        self.no_erase: dict[int, int] = {}
        self.no_program: dict[int, int] = {}
        self.wrong: dict[int, int] = {}
        self.wrong_after = 0
        self.tries = [0] * sectors
        self.written = [0] * sectors

    def watch(self) -> None:
        """Counts from here on."""
        self.tries = [0] * self.sectors
        self.written = [0] * self.sectors

    def read(self, addr: int, buf: bytearray) -> None:
        super().read(addr, buf)
        for at in [at for at in self.wrong if addr <= at < addr + len(buf)]:
            if self.wrong_after == 0:
                buf[at - addr] ^= self.wrong.pop(at)
            self.wrong_after -= 1

    def erase(self, sector: int) -> None:
        self.tries[sector] += 1
        self._refuses(self.no_erase, sector)
        super().erase(sector)

    def program(self, addr: int, data: bytes) -> None:
        self._refuses(self.no_program, addr // self.sector_size)
        super().program(addr, data)
        self.written[addr // self.sector_size] += 1

    def _refuses(self, moods: "dict[int, int]", sector: int) -> None:
        left = moods.get(sector, 0)
        if left:
            moods[sector] = left - 1 if left > 0 else left
            raise OSError(5)
