# SPDX-License-Identifier: MIT
"""A scan of a sector: what it visits, what it tells of, what it steps over, and where it says to go on."""

from agent.store.ring.records import Records
from tests.model.ring import chip as c
from tests.model.ring.records import BASE, SECTOR, SEQUENCE, body, made

Told = tuple[int, int, int, bool]  # type, about, offset, alone


class Scanned:
    """What a scan of these bytes at offset 48 said, or of those that a chip has."""

    def __init__(self, *parts: bytes, at: int = 0, limit: int = 99, keep: bool = False, chip: "c.Chip | None" = None):
        self.chip, self.records = made()
        if chip:
            self.chip = chip
            self.records = Records(chip)
            self.records.sequences[SECTOR] = SEQUENCE
        where = c.FIRST
        for part in parts:
            self.chip.put(BASE + where, part)
            where += len(part)
        self.end = where
        self.scan(at, limit, keep)

    def scan(self, at: int = 0, limit: int = 99, keep: bool = False) -> None:
        """Once more."""
        self.seen: list[tuple[int, bytes, int]] = []
        self.told: list[Told] = []

        def visit(kind: int, what: bytes, addr: int) -> None:
            self.seen.append((kind, bytes(what), addr - BASE))

        def broken(kind: int, about: int, addr: int, alone: bool) -> None:
            self.told.append((kind, about, addr - BASE, alone))

        self.back = self.records.scan(SECTOR, at, limit, visit, broken, keep)

    @property
    def kept(self) -> "tuple[int, int, bytes, int, bool]":
        """What a scan remembers of the last record."""
        one = self.records
        return one.last and one.last - BASE, one.last_kind, one.last_body, one.tail, one.sealed


def good(at: int, size: int = 10, kind: int = c.VALUE, about: int = 7) -> bytes:
    """A record, padded."""
    return c.padded(c.record(SEQUENCE, at, kind, body(size, about)))


def dead(at: int, size: int = 10, about: int = 7) -> bytes:
    """One that was killed."""
    return c.padded(c.killed(c.record(SEQUENCE, at, c.VALUE, body(size, about))))


def rotten(at: int, size: int = 10, kind: int = c.VALUE, about: int = 7, where: int = 8, bits: int = 0x10) -> bytes:
    """A record of which some bits are others."""
    data = bytearray(good(at, size, kind, about))
    data[where] ^= bits
    return bytes(data)


def whole() -> "list[str]":
    """All records of a sector, of each length, in order; the last one may end with the sector."""
    wrong = c.Wrong()
    one = Scanned()
    wrong.same("nothing", (one.seen, one.told, one.back, one.records.tail), ([], [], c.SIZE, 48))
    chip = c.Chip()
    where = c.FIRST
    want = []
    for size in (2, 3, 128, 4, 5, 121, 2, 127, 72, 126, 2, 90, 98):
        chip.put(BASE + where, good(where, size, c.LOG, size))
        want.append((c.LOG, body(size, size), where))
        where += len(good(where, size))
    last = c.SIZE - where - 6
    chip.put(BASE + where, good(where, last, 254))
    want.append((254, body(last), where))
    one = Scanned(chip=chip)
    wrong.same("all", one.seen, want)
    wrong.same("nothing else", (one.told, one.back, one.records.tail), ([], c.SIZE, c.SIZE))
    for count in range(1, len(want)):
        one.scan(0, count)
        wrong.same(f"{count} of them", (one.seen, one.back), (want[:count], want[count][2]))
        wrong.same(f"{count}, tail", one.records.tail, want[count][2])
        one.scan(want[count][2], 99)
        wrong.same(f"from {count} on", (one.seen, one.back, one.records.tail), (want[count:], c.SIZE, c.SIZE))
    one.scan(0, len(want))
    wrong.same("as many as there are", (len(one.seen), one.back), (len(want), c.SIZE))
    one.scan(0, 0)
    wrong.same("none", (one.seen, one.back), ([], 48))
    one = Scanned(good(48), limit=1)
    wrong.same("one of one", one.back, c.SIZE)
    for left in (4, 5):  # no record begins so late
        chip = c.Chip()
        chip.put(BASE + c.SIZE - left, b"\x01" * left)
        one = Scanned(chip=chip, at=c.SIZE - left)
        wrong.same(f"{left} left", (one.seen, one.told, one.back), ([], [], c.SIZE))
    chip = c.Chip()
    chip.put(BASE + c.SIZE - 8, good(c.SIZE - 8, 2))
    wrong.same("8 left", Scanned(chip=chip, at=c.SIZE - 8).seen, [(c.VALUE, body(2), c.SIZE - 8)])
    chip.put(BASE + c.SIZE - 6, c.record(SEQUENCE, c.SIZE - 6, 9, b""))
    wrong.same("6 left", Scanned(chip=chip, at=c.SIZE - 6).seen, [(9, b"", c.SIZE - 6)])
    wrong.same("6 left, to go on at", Scanned(chip=chip, at=c.SIZE - 6, limit=0).back, c.SIZE - 6)
    return wrong.out


def kept() -> "list[str]":
    """The last record that verifies, where it ends, and whether a seal is the last that was written."""
    wrong = c.Wrong()
    two = good(48), good(64, 11, c.LOG)
    last = 64, c.LOG, body(11)
    wrong.same("records", Scanned(*two, keep=True).kept, (*last, 84, False))
    wrong.same("not asked", Scanned(*two).kept, (0, 0, b"", 84, False))
    wrong.same("none", Scanned(keep=True).kept, (0, 0, b"", 48, False))
    wrong.same("sealed", Scanned(*two, c.SEAL, keep=True).kept, (*last, 92, True))
    wrong.same("and more", Scanned(good(48), c.SEAL, good(72), keep=True).kept, (72, c.VALUE, body(10), 88, False))
    one = Scanned(*two, c.SEAL, rotten(92), keep=True)
    wrong.same("rot behind", (one.kept, one.told), ((*last, 92, True), []))
    one = Scanned(rotten(48), *[good(64, 11, c.LOG)], rotten(84), keep=True)
    wrong.same("rot on both sides", (one.kept, one.told), ((*last, 84, False), [(c.VALUE, 7, 48, True)]))
    one = Scanned(good(48), rotten(64), c.SEAL, rotten(88), keep=True)
    wrong.same("a seal tells", (one.kept, one.told), ((48, c.VALUE, body(10), 88, True), [(c.VALUE, 7, 64, True)]))
    one.scan(64, 99, True)
    wrong.same("again, from a seal", one.kept, (0, c.VALUE, body(10), 88, True))
    one = Scanned(*two, c.SEAL, keep=True)
    one.scan()
    wrong.same("none of another scan", one.kept, (*last, 92, True))
    before = one.kept
    records = one.records
    records.scan(SECTOR, 92, 99, lambda kind, what, addr: None, lambda kind, about, addr, alone: None)
    wrong.same("nor of one that does not say", one.kept, before)
    one.chip.put(BASE, b"\xff" * c.SIZE)
    one.scan(0, 99, True)
    wrong.same("again, blank", one.kept, (0, c.LOG, body(11), 48, False))
    _, fresh = made()
    have = fresh.tail, fresh.last, fresh.last_kind, fresh.last_body, fresh.sealed, fresh.about, fresh.about_size
    wrong.same("before the first", have, (0, 0, 0, b"", False, -1, 0))
    return wrong.out


def ended() -> "list[str]":
    """What does not verify is told once something behind it does, or at the end; not when a limit ends the scan."""
    wrong = c.Wrong()
    rot = [(c.VALUE, 7, 64, True)]
    one = Scanned(good(48), rotten(64), good(80, 12))
    wrong.same("between", (one.seen, one.told), ([(4, body(10), 48), (4, body(12), 80)], rot))
    wrong.same("at the end", Scanned(good(48), rotten(64)).told, rot)
    one = Scanned(good(48), rotten(64), good(80, 12), limit=1)
    wrong.same("before", (one.told, one.back), ([], 64))
    one.scan(64, 1)
    wrong.same("behind", (one.told, one.back, len(one.seen)), (rot, c.SIZE, 1))
    one = Scanned(good(48), rotten(64), good(80, 12), rotten(100), limit=2)
    wrong.same("twice", (one.told, one.back), (rot, 100))
    wrong.same("a tail is behind what verifies", one.records.tail, 100)
    one = Scanned(good(48), rotten(64), c.SEAL, rotten(88, 12, c.LOG, 9))
    wrong.same("each once", one.told, [*rot, (c.LOG, 9, 88, True)])
    one = Scanned(good(48), rotten(64), c.SEAL, good(88))
    wrong.same("a seal ends it", one.told, rot)
    for size in range(8, 12):
        one = Scanned(rotten(48, size))
        wrong.same("its padding belongs to it", one.told, [(c.VALUE, 7, 48, True)])
    return wrong.out


def foreign() -> "list[str]":
    """What no record may be is none, though its sum is right: longer than the longest, blank or killed by its type."""
    wrong = c.Wrong()
    for name, size, kind, told in (
        ("too long", 129, c.VALUE, (c.VALUE, -1, 48, False)),
        ("of the type of blank flash", 10, 0xFF, (0xFF, 7, 48, True)),
    ):
        one = Scanned(good(48, size, kind))
        wrong.same(name, (one.seen, one.told), ([], [told]))
    wrong.same("the longest", len(Scanned(good(48, 128)).seen), 1)
    one = Scanned(c.padded(c.record(SEQUENCE + 1, 48, c.LOG, body(10))))
    wrong.same("of another sector", (one.seen, one.told), ([], [(c.LOG, 7, 48, True)]))
    one = Scanned(b"\xff\x05" + b"\x31" * 6)
    wrong.same("of a blank length", one.told, [(5, -1, 48, False)])
    one = Scanned()
    at = c.SIZE - 16
    one.chip.put(BASE + at, b"\x14" + c.record(SEQUENCE, at, c.VALUE, body(10))[1:])
    one.scan()
    wrong.same("of a length that leads out of its sector", (one.seen, len(one.told)), ([], 1))
    one = Scanned(c.record(SEQUENCE, 48, 9, b"") + b"\xff\xff")
    wrong.same("no body", one.seen, [(9, b"", 48)])
    one = Scanned(c.record(SEQUENCE, 48, 0xFF, body(0xFF)[:0xFF]))
    wrong.same("it begins blank", one.seen, [])
    return wrong.out


def steps() -> "list[str]":
    """Killed records, filling and words that stand between are stepped over, and nothing is told of them."""
    wrong = c.Wrong()
    for name, part in (
        ("killed", dead(48)),
        ("the shortest killed", dead(48, 2)),
        ("the longest killed", dead(48, 128)),
        ("a length of one", b"\x01" + bytes(5) + b"\x55" + b"\xff"),
        ("filling", bytes(12)),
        ("four zeros", bytes(4)),
        ("quiet", c.QUIET),
        ("begun", c.BEGUN),
        ("both", c.QUIET + c.BEGUN + bytes(4) + c.HALF),
        ("blank", b"\xff" * 20),
        ("blank, and quiet", b"\xff" * 16 + c.QUIET + bytes(144)),
        ("seal", c.SEAL),
        ("a bent seal", bytes([c.SEAL[0] ^ 0x70]) + c.SEAL[1:]),
    ):
        at = 48 + len(part)
        one = Scanned(part, good(at))
        wrong.same(name, (one.seen, one.told, one.back), ([(4, body(10), at)], [], c.SIZE))
        if c.SEAL[1:] not in part:
            wrong.same(name + ", alone", (Scanned(part).told, Scanned(part).records.tail), ([], 48))
    one = Scanned(good(48), c.QUIET[:8], good(72))
    wrong.same("quiet between", len(one.seen), 2)
    one = Scanned(good(48), dead(64), keep=True)
    wrong.same("a killed one is no last one", one.kept, (48, c.VALUE, body(10), 64, False))
    one = Scanned(rotten(48), dead(64), good(80))
    wrong.same("behind rot no length of it is trusted", (len(one.seen), one.told[0]), (1, (c.VALUE, 7, 48, True)))
    one = Scanned(rotten(48), b"\x08" + bytes(11), good(76))
    wrong.same("nor one that leads into what verifies", len(one.seen), 1)
    return wrong.out


def killings() -> "list[str]":
    """Of the killed ones about the same the last two are remembered, of the length that is looked for and of others."""
    wrong = c.Wrong()
    chip, records = made()
    at = 48
    where = []
    seven = (10, 7), (10, 7), (12, 7), (10, 9), (10, 7), (12, 7), (12, 7)
    for size, about in (*seven, (10, 0x0700), (2, 7), (12, 0x0107)):
        chip.put(BASE + at, dead(at, size, about))
        where.append(BASE + at)
        at += len(good(at, size))
    for about, size, want in (
        (7, 10, ([where[1], where[4]], [where[6], where[8]])),
        (7, 12, ([where[5], where[6]], [where[4], where[8]])),
        (9, 10, ([where[3]], [])),
        (9, 12, ([], [where[3]])),
        (0x0700, 10, ([where[7]], [])),
        (0x0107, 9, ([], [where[9]])),
        (-1, 10, ([], [])),
    ):
        one = Scanned(chip=chip, limit=0)
        one.records.about, one.records.about_size = about, size
        one.scan()
        wrong.same(f"about {about} of {size}", one.records.killed, want)
    one = Scanned(limit=0)
    wrong.same("at first", (one.records.about, one.records.killed), (-1, ([], [])))
    for length in (1, 2):
        one = Scanned(b"%c" % length + bytes(5) + b"\x07" * length, limit=0)
        one.records.about, one.records.about_size = 0x0707, length
        one.scan()
        wrong.same(f"length {length}", one.records.killed, ([BASE + 48] if length > 1 else [], []))
    for words in (bytes(4), c.QUIET, c.BEGUN, c.SEAL, b"\xff" * 8, bytes(144) + c.QUIET):
        one = Scanned(words, dead(48 + len(words)), limit=0)
        one.records.about, one.records.about_size = 7, 10
        one.scan()
        wrong.same(f"behind {words!r}", one.records.killed, ([BASE + 48 + len(words)], []))
    return wrong.out


def reads() -> "list[str]":
    """A window of 192 bytes is read at once, and no byte without need: beside it the end of the sector is sought."""
    wrong = c.Wrong()

    def took(*parts: bytes) -> "tuple[int, int]":
        one = Scanned(*parts)
        one.records.end(SECTOR)
        before = one.chip.reads, one.chip.read_bytes
        one.records.end(SECTOR)
        ends = one.chip.reads - before[0], one.chip.read_bytes - before[1]
        before = one.chip.reads, one.chip.read_bytes
        one.scan()
        return one.chip.reads - before[0] - ends[0], one.chip.read_bytes - before[1] - ends[1]

    short = [good(48 + 8 * count, 2) for count in range(48)]
    for count, want in ((0, (0, 0)), (1, (1, 192)), (24, (1, 192)), (25, (2, 384)), (48, (2, 384))):
        wrong.same(f"{count} short ones", took(*short[:count]), want)
    long = [good(48 + 128 * count, 122) for count in range(7)]
    wrong.same("one and a half", took(*long[:2]), (2, 384))
    middle = [good(48 + 64 * count, 58) for count in range(6)]
    wrong.same("three in each", took(*middle), (2, 384))
    at = 48 + 7 * 128
    wrong.same("to the end of the sector", took(*long, good(at, 74)), (8, 7 * 192 + 80))
    return wrong.out


ALL = (whole, kept, ended, foreign, steps, killings, reads)
