# SPDX-License-Identifier: MIT
"""A walk over a sector against Sectors.scan: what it takes for being in order must be so, and read the same."""

from hashlib import sha256

from agent.store import marks
from agent.store.found import Found
from agent.store.sectors import ALIGN, BODY_MAX, HEAD, KEY, Sectors, size_of
from agent.store.walk import NOTHING, Walk
from tests.model.dice import Dice
from tests.model.nor import TEARS, Nor
from tests.power.engine import after_cut, run
from tests.power.workloads import scene

_ALL = 1 << 28


class Seen(Found):
    """Tables, and every record that no table is for, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.others: list = []
        self.broken: list = []

    def visit(self, kind: int, body: bytes, addr: int) -> None:
        """Notes it too."""
        super().visit(kind, body, addr)
        if kind not in (1, 2, 3):
            self.others.append((kind, bytes(body), addr))

    def tell(self, kind: int, about: int, addr: int, alone: bool) -> None:
        """What does not verify."""
        self.broken.append((kind, about, addr, alone))

    def all(self) -> tuple:
        """To compare."""
        self.trim()
        tables = list(self.fixed), list(self.roll), self.values, list(self.log), self.log_next, self.log_tail
        return tables, self.stale, self.others, self.broken


def sectors_of(nor: "Nor") -> "tuple[Sectors, list[int]]":
    """The sectors in use, in order."""
    sectors = Sectors(nor)
    used = []
    for sector in range(nor.sectors):
        head = sectors.head(sector)
        if head.used == marks.LAYOUT:
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
            if about not in out and about < NOTHING:
                out.append(about)
            at += (HEAD + length + ALIGN - 1) // ALIGN * ALIGN
        else:
            at += ALIGN
    return out


def compare(nor: "Nor", some: "list[int]", about: int = -1, size: int = 0) -> "tuple[int, str]":
    """How many of some sectors were walked to their end; what differs, "" for nothing."""
    sectors, _ = sectors_of(nor)
    plain, seen = Seen(), Seen()
    sectors.about, sectors.about_size, sectors.killed = about, size, ([], [])
    for sector in some:
        sectors.scan(sector, 0, _ALL, plain.visit, plain.tell)
    wanted = plain.all(), sectors.killed, sectors.tail
    other = Seen()
    sectors.scan(some[-1], 0, _ALL, other.visit, other.tell, True)
    last = sectors.last, sectors.last_kind, sectors.last_body
    walk = Walk(sectors, seen)
    sectors.killed = ([], [])
    if about >= 0:
        walk.look_for(about, size)
    whole = 0
    for sector in some:
        at = walk.sector(sector)
        tail = walk.tail
        if at == nor.sector_size:
            whole += 1
        else:
            sectors.killed = walk.killed()
            sectors.scan(sector, at, _ALL, seen.visit, seen.tell)
            walk.keep(sectors.killed)
            tail = sectors.tail if sectors.tail > at else tail
    have = seen.all(), walk.killed(), tail
    if have != wanted:
        return whole, "".join(["%r, not %r; " % pair for pair in zip(have[0] + have[1:], wanted[0] + wanted[1:]) if pair[0] != pair[1]])
    if walk.sector(some[-1], False) == nor.sector_size:
        found = walk.last and some[-1] * nor.sector_size + walk.last
        if found != last[0] or (found and walk.last_record() != last[1:]):
            return whole, "the last is %r" % found
    return whole, ""


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
        told = abouts(nor, used[-1])
        about, length = (told[dice.roll(len(told))], (8, 28, 36)[dice.roll(3)]) if told else (-1, 0)
        whole, differs = compare(nor, used, about, length)
        self.sectors += len(used)
        self.whole += whole
        if differs:
            self.broken.append("%s: %s" % (name, differs[:400]))


def cut(name: str, geometry: str, every: int, tally: Tally) -> None:
    """The flashes of a workload before each of its changes, and those that a cut there leaves; some of them."""
    chip = scene(name, geometry).nor
    dice = Dice(len(name) * 31 + every)
    for place, change in enumerate(run(name, geometry)):
        for number, tear in enumerate(TEARS):
            if (place * len(TEARS) + number) % every == 0:
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


def made(tries: int, tally: Tally) -> None:
    """Sectors of records of all types and lengths, killed ones, filling and holes, some of it broken."""
    dice = Dice(tries)
    for turn in range(tries):
        nor = Nor(2, (1024, 2048, 4096)[turn % 3], 256)
        size = nor.sector_size
        nor.cells[: marks.MARK] = marks.erase_mark(3)
        nor.cells[marks.TOUCH_AT : marks.USE_AT] = marks.TOUCHED
        nor.cells[marks.USE_AT : marks.FIRST] = marks.use_mark(turn + 70000, 3)
        sectors = Sectors(nor)
        out = memoryview(bytearray(HEAD + BODY_MAX))
        at = marks.FIRST
        while at + HEAD + BODY_MAX <= size and dice.roll(60):
            what = dice.roll(12)
            if what < 2:
                filling = ALIGN * (1 + dice.roll(40))
                nor.cells[at : min(at + filling, size)] = bytes((what and 0xFF,)) * min(filling, size - at)
                at += filling
                continue
            kind = 1 + dice.roll(9 if dice.roll(9) else 253)
            length = 24 if kind == 3 else 2 + (dice.roll(40) if dice.roll(9) else dice.roll(BODY_MAX - 1))
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
