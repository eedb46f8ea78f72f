# SPDX-License-Identifier: MIT
"""One sector at a time, over the flash: what is asked of it, in which order, and what comes of a refusal."""

from agent.store.ring.sectors import Sectors
from tests.model.ring.chip import ANY, PAGE, SIZE, Chip, Wrong, erased, head, in_use

READ, PROGRAM = "flash can't be read", "flash can't be programmed"


def pieces() -> "list[str]":
    """Data is cut at the borders of pages, and nowhere else."""
    wrong = Wrong()
    sectors = Sectors(Chip())
    data = memoryview(bytes(range(1, 251)))
    for addr, size, want in (
        (0, 0, []),
        (5, 1, [(5, 1)]),
        (0, PAGE, [(0, PAGE)]),
        (1, PAGE, [(1, PAGE - 1), (PAGE, 1)]),
        (PAGE - 1, 2, [(PAGE - 1, 1), (PAGE, 1)]),
        (3 * PAGE + 8, 250, [(3 * PAGE + 8, PAGE - 8), (4 * PAGE, PAGE), (5 * PAGE, 2)]),
    ):
        have = sectors.pieces(addr, data[:size])
        wrong.same(f"{size} at {addr}", [(at, len(piece)) for at, piece in have], want)
        wrong.same(f"{size} at {addr}, bytes", b"".join([bytes(piece) for _, piece in have]), bytes(data[:size]))
    have = sectors.zeros(PAGE - 4, 16)
    wrong.same("zeros", [(at, bytes(piece)) for at, piece in have], [(PAGE - 4, bytes(4)), (PAGE, bytes(12))])
    wrong.same("most zeros", sum([len(piece) for _, piece in sectors.zeros(0, 256)]), 256)
    return wrong.out


def refusals() -> "list[str]":
    """An OSError of the flash comes out as a StoreError, other errors as they are; what stands before it is programmed.
    """
    wrong = Wrong()
    chip = Chip()
    sectors = Sectors(chip)
    chip.refuse = {("read", ANY): 1, ("program", PAGE): 1}
    wrong.refused("read", READ, sectors.read, 0, bytearray(4))
    wrong.refused("program", PROGRAM, sectors.zero, PAGE - 4, 8)
    wrong.same("asked", chip.done(), [("program", PAGE - 4, bytes(4)), ("program", PAGE, bytes(4))])
    wrong.same("done", chip.at(PAGE - 4, 8), bytes(4) + b"\xff" * 4)
    buf = bytearray(8)
    sectors.read(PAGE - 4, buf)
    wrong.same("read", bytes(buf), bytes(4) + b"\xff" * 4)
    chip.error = MemoryError
    chip.refuse = {("read", ANY): 1, ("program", ANY): 1}
    for call in (lambda: sectors.read(0, bytearray(4)), lambda: sectors.zero(0, 4)):
        try:
            call()
            wrong.out.append("no error")
        except MemoryError:
            pass
    return wrong.out


def wipes() -> "list[str]":
    """Zeros go everywhere between two offsets, also over zeros, and nowhere else."""
    wrong = Wrong()
    none = (1, 48, 48), (1, 52, 48)
    for sector, at, stop in (*none, (0, 0, 4), (2, 60, 900), (3, 100, 356), (3, 100, 360), (5, 0, SIZE)):
        chip = Chip()
        chip.put(sector * SIZE + at, bytes(2))
        Sectors(chip).wipe(sector, at, stop)
        name = f"{at} to {stop} in {sector}"
        size = max(0, stop - at)
        base = sector * SIZE
        have = chip.at(base, SIZE)
        wrong.same(name, have[at:stop], bytes(size))
        wrong.same(name + ", around", have[:at].rstrip(b"\xff") + have[max(at + 2, stop) :].rstrip(b"\xff"), b"")
        asked = [(one, one + len(data)) for _, one, data in chip.done()]
        borders = {base + at, base + stop, *range(base + at, base + stop, 256)}
        borders |= {one for one in range(0, len(chip.cells), PAGE) if base + at < one < base + stop}
        cut = sorted(borders) if at < stop else []
        wrong.same(name + ", asked", asked, [(cut[i], cut[i + 1]) for i in range(len(cut) - 1)])
    return wrong.out


def ends() -> "list[str]":
    """The end of a sector is behind its last byte that is not blank; the next sector does not count."""
    wrong = Wrong()
    chip = Chip()
    sectors = Sectors(chip)
    chip.put(3 * SIZE, bytes(4))
    chip.put(2 * SIZE - 1, bytes(1))
    wrong.same("blank", sectors.end(2), 0)
    for at in (0, 1, 255, 256, 511, 700, SIZE - 1):
        chip.put(2 * SIZE + at, b"\xfe")
        wrong.same(f"{at}", sectors.end(2), at + 1)
    return wrong.out


def heads() -> "list[str]":
    """The head of each sector is its own; a use mark that reads is handed out, to stay as it is."""
    wrong = Wrong()
    chip = Chip()
    sectors = Sectors(chip)
    chip.put(SIZE, head(5, 7))
    chip.put(2 * SIZE, head(6, 8, True))
    for sector, want in ((0, (False, -1, 0)), (1, (True, 7, 5)), (2, (True, 8, 6)), (0, (False, -1, 0))):
        one = sectors.head(sector)
        wrong.same(f"head {sector}", (one.used, one.wear, one.sequence), want)
    mark = sectors.use_mark(1)
    sectors.head(2)
    wrong.same("use mark", bytes(mark), in_use(5, 7))
    wrong.refused("no use mark", "a use mark does not read", sectors.use_mark, 0)
    chip.put(SIZE, erased(1, b"5"))
    wrong.refused("newer", "the store is of a newer layout", sectors.head, 1)
    wrong.same("sequences", list(sectors.sequences), [0] * chip.sectors)
    return wrong.out


def kills() -> "list[str]":
    """A head is killed mark by mark; not twice, and a touch that is whole is left alone."""
    wrong = Wrong()
    base = 2 * SIZE
    zeros = bytes(16)
    first, touch, use = [("program", base + at, zeros) for at in (0, 16, 32)]
    blank = b"\xff" * 16
    for name, data, want in (
        ("used", head(5, 7), [first, use]),
        ("copies", head(5, 7, True), [first, touch, use]),
        ("clean", erased(5) + blank + blank, [first, touch, use]),
        ("half killed", bytes(16) + zeros + in_use(5, 7), [first, use]),
        ("killed", bytes(48), []),
        ("blank", blank * 3, [first, touch, use]),
    ):
        chip = Chip()
        chip.put(base, data + b"\x7b")
        sectors = Sectors(chip)
        sectors.kill_head(2)
        wrong.same(name, chip.done(), want)
        wrong.same(name + ", then", chip.at(base, 49), bytes(48) + b"\x7b")
        sectors.kill_head(2)
        wrong.same(name + ", again", chip.done(), [])
    chip = Chip()
    chip.put(base, head(5, 7))
    chip.refuse = {("program", base + 32): 1}
    sectors = Sectors(chip)
    wrong.refused("refused", PROGRAM, sectors.kill_head, 2)
    wrong.same("the rest of it", chip.at(base, 48), bytes(32) + in_use(5, 7))
    return wrong.out


ALL = (pieces, refusals, wipes, ends, heads, kills)
