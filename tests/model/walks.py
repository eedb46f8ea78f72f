# SPDX-License-Identifier: MIT
"""A walk over a sector against Records.scan: what it takes for being in order must be so, and read the same."""

from hashlib import sha256

from agent.store.mount.blocks import Blocks
from agent.store.mount.index import Index
from agent.store.mount.walk import Walk
from agent.store.ring import marks
from agent.store.ring.layout import (
    ALIGN,
    BEGUN,
    BODY_MAX,
    FIXED,
    HEAD,
    KEY,
    LOG,
    QUIET,
    ROLL,
    SEAL,
    TALLY,
    WORD,
    size_of,
)
from agent.store.ring.records import Records
from tests.model.dice import Dice
from tests.model.nor import Nor
from tests.model.tears import TEARS
from tests.power.engine import after_cut, run
from tests.power.workloads import scene

_ALL = 1 << 28


class Seen(Index):
    """Tables, and every record that no table is for, in order."""

    def __init__(self, sectors: Records, wide: bool = False) -> None:
        super().__init__(sectors)
        if wide:
            self._keys = Blocks(1 << 20)
        self.others: list = []
        self.stale: list = []
        self.broken: list = []

    def visit(self, kind: int, body: bytes, addr: int) -> None:
        """Notes it too."""
        before = self.see(kind, body, addr)
        if before:
            self.stale.append(before)
        if kind not in (FIXED, ROLL, LOG):
            self.others.append((kind, bytes(body), addr))

    def tell(self, kind: int, about: int, addr: int, alone: bool) -> None:
        """What does not verify."""
        self.broken.append((kind, about, addr, alone))

    def all(self) -> tuple:
        """To compare."""
        tables = self.known(), list(self._keys.both()), self._values, list(self._log), self.log_next, self.log_tail
        return tables + (self._tally, self.stale, self.others, self.broken)


def sectors_of(nor: "Nor") -> "tuple[Records, list[int]]":
    """The sectors in use, in order."""
    sectors = Records(nor)
    used = []
    for sector in range(nor.sectors):
        head = sectors.head(sector)
        if head.used:
            sectors.sequences[sector] = head.sequence
            used.append(sector)
    used.sort(key=lambda sector: sectors.sequences[sector])
    return sectors, used


def abouts(nor: "Nor", sector: int) -> "list[int]":
    """What records seem to be about, killed ones too."""
    base = sector * nor.sector_size
    at = marks.FIRST
    out: list[int] = []
    while at + HEAD <= nor.sector_size:
        length = nor.cells[base + at]
        end = base + at + HEAD + length
        if 2 <= length <= 128 and at + HEAD + length <= nor.sector_size:
            about = nor.cells[end - 2] << 8 | nor.cells[end - 1]
            if about not in out:
                out.append(about)
            at += (HEAD + length + ALIGN - 1) // ALIGN * ALIGN
        else:
            at += ALIGN
    return out


def compare(nor: "Nor", some: "list[int]", about: int, size: int) -> "tuple[int, str]":
    """How many of some sectors were walked to their end; what differs, "" for nothing."""
    sectors, _ = sectors_of(nor)
    plain, seen = Seen(sectors), Seen(sectors, some[-1] % 2 == 1)
    sectors.about, sectors.about_size = about, size
    for sector in some:
        sectors.scan(sector, 0, _ALL, plain.visit, plain.tell, sector == some[-1])
    wanted = plain.all() + told(sectors)
    sectors.killed, sectors.tail, sectors.last, sectors.sealed = ([], []), 0, 0, False
    walk = Walk(sectors, seen, seen.visit, seen.stale)
    if about >= 0:
        walk.look_for(about, size)
    for sector in some:
        walk.sector(sector, seen.tell, sector == some[-1])
    sectors.killed = walk.killed()
    have = seen.all() + told(sectors)
    sectors.tail, sectors.last, sectors.about = 0, 0, -1
    walk.end(some[-1])
    have += told(sectors)
    wanted += wanted[-5:]
    whole = sum([walk.read(sector, False) == nor.sector_size for sector in some])
    return whole, "; ".join(["%r, not %r" % pair for pair in zip(have, wanted) if pair[0] != pair[1]])


def told(sectors: Records) -> tuple:
    """What a scan tells of the last record."""
    last = sectors.last and (sectors.last, sectors.last_kind, sectors.last_body)
    return sectors.killed[0][:], sectors.killed[1][:], sectors.tail, sectors.sealed, last


class Tally:
    """How many sectors were compared, how many of them were walked to their end, and what differed."""

    def __init__(self) -> None:
        self.sectors = 0
        self.whole = 0
        self.broken: list[str] = []
        self._seen: dict[bytes, bool] = {}

    def add(self, nor: "Nor", name: str, dice: Dice) -> None:
        """Compares all sectors of a flash, unless just these were; weak cells read as ones or as zeros."""
        nor.power_up(1 + dice.roll(2))
        _, used = sectors_of(nor)
        size = nor.sector_size
        mark = sha256(b"".join([nor.cells[one * size : one * size + size] for one in used])).digest()
        if not used or (mark in self._seen and not nor.weak):
            return
        self._seen[mark] = True
        names = abouts(nor, used[-1])
        about, length = (names[dice.roll(len(names))], (8, 28, 36)[dice.roll(3)]) if names else (-1, 0)
        whole, differs = compare(nor, used, about, length)
        self.sectors += len(used)
        self.whole += whole
        if differs:
            self.broken.append("%s: %s" % (name, differs[:400]))


def cut(name: str, geometry: str, every: int, tally: Tally, first: int = 0) -> None:
    """The flashes of a workload before each of its changes, and those that a cut there leaves; one in so many."""
    chip = scene(name, geometry).nor
    dice = Dice(len(name) * 31 + every)
    for place, change in enumerate(run(name, geometry)):
        for number, tear in enumerate(TEARS):
            if (place * len(TEARS) + number) % every == first:
                tally.add(after_cut(chip, change, tear, place), "%s %d.%s" % (name, place, tear), dice)


def rotten(name: str, geometry: str, tries: int, tally: Tally) -> None:
    """One to four bits of a used sector flip, close to each other."""
    chip = scene(name, geometry).nor
    _, used = sectors_of(chip)
    dice = Dice(tries)
    for turn in range(tries):
        nor = chip.copy(chip.cells, {}, turn)
        near = used[dice.roll(len(used))] * nor.sector_size + marks.FIRST + dice.roll(nor.sector_size - marks.FIRST - 8)
        for _ in range(1 + dice.roll(4)):
            nor.cells[near + dice.roll(8)] ^= 1 << dice.roll(8)
        tally.add(nor, "%s rot %d" % (name, turn), dice)


def made(tries: int, tally: Tally, seed: int = 0) -> None:
    """Sectors of records of all types and lengths, killed ones, filling and holes, some of it broken."""
    dice = Dice(tries + seed)
    for turn in range(tries):
        nor = Nor(2, (1024, 2048, 4096)[turn % 3], 256)
        size = nor.sector_size
        nor.cells[: marks.MARK] = marks.erase_mark(3)
        nor.cells[marks.TOUCH_AT : marks.USE_AT] = marks.TOUCHED
        nor.cells[marks.USE_AT : marks.FIRST] = marks.use_mark(turn + 70000, 3)
        sectors = Records(nor)
        out = memoryview(bytearray(HEAD + BODY_MAX))
        at = marks.FIRST
        while at + HEAD + BODY_MAX <= size and dice.roll(60):
            what = dice.roll(12)
            if what == 11 and dice.roll(2):
                word = bytearray((SEAL, QUIET, BEGUN)[dice.roll(3)])
                word[dice.roll(WORD)] ^= (1 << dice.roll(8)) * (dice.roll(4) == 0)
                nor.cells[at : at + WORD] = word
                at += WORD
                continue
            if what < 2:
                filling = ALIGN * (1 + dice.roll(40))
                nor.cells[at : min(at + filling, size)] = bytes((what and 0xFF,)) * min(filling, size - at)
                at += filling
                continue
            kind = TALLY if what == 10 else 1 + dice.roll(9 if dice.roll(9) else 253)
            length = 2 + (dice.roll(40) if dice.roll(9) else dice.roll(BODY_MAX - 1))
            if kind == LOG or what == 10 and dice.roll(5):
                length = 24 if kind == LOG else 72
            body = bytearray([dice.roll(256) for _ in range(length)])
            if length > 3:
                body[-2] = body[0] = body[1] = 0
                body[2] = dice.roll(3)
            taken = sectors.build(out, turn + 70000, at, kind, body)
            nor.cells[at : at + taken] = out[:taken]
            if what < 5 and length >= KEY:
                nor.cells[at + 1 : at + taken - KEY] = bytes(taken - KEY - 1)
            if dice.roll(80) == 0:
                nor.cells[at + dice.roll(taken)] ^= 1 << dice.roll(8)
            at += size_of(length)
        tally.add(nor, "made %d" % turn, dice)


class Fading(Nor):
    """A flash in which one bit is weak: so many reads of it give a zero, all others a one."""

    bit, good = 0, 0

    def read(self, addr: int, buf: bytearray) -> None:
        """Fills buf."""
        super().read(addr, buf)
        if addr <= self.bit < addr + len(buf):
            self.good -= 1
            if self.good < 0:
                buf[self.bit - addr] |= 1


def fading(good: int) -> "tuple[int, int, int]":
    """A sector whose last record is weak, something torn behind it: addresses of that one, of the last one that a walk
    visited, of the one that it tells as the last.
    """
    nor = Fading(1, 4096, 256)
    nor.cells[: marks.FIRST] = marks.erase_mark(3) + marks.TOUCHED + marks.use_mark(7, 3)
    sectors = Records(nor)
    sectors.sequences[0] = 7
    out = memoryview(bytearray(HEAD + BODY_MAX))
    at = marks.FIRST
    for handle in range(3):
        weak, taken = at, sectors.build(out, 7, at, ROLL, bytes(26) + bytes((0, handle)))
        nor.cells[at : at + taken] = out[:taken]
        at += size_of(28)
    nor.cells[at : at + 20] = b"\x1c\x02torn in the middle"
    nor.bit, nor.good = weak + HEAD, good
    seen = Seen(sectors)
    walk = Walk(sectors, seen, seen.visit, seen.stale)
    walk.end(0)
    walk.sector(0, seen.tell, True)
    return weak, max([roll for _, roll in seen._keys.both()]), sectors.last
