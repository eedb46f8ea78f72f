# SPDX-License-Identifier: MIT
"""A start's walk, step by step: sectors made by hand, what is in order in them and where it stops, against a scan. Each
function raises where that does not hold."""

from agent.errors import StoreError
from agent.store.mount.walk import WINDOW, Walk
from agent.store.ring import marks
from agent.store.ring.layout import (
    BEGUN,
    BODY_MAX,
    FIXED,
    HALF,
    HEAD,
    LOG,
    PLACES,
    QUIET,
    RETIRED,
    ROLL,
    SEAL,
    TALLY,
    VALUE,
    size_of,
)
from agent.store.ring.records import Records
from tests.model.nor import Nor
from tests.model.walks import Seen, compare, sectors_of

FIRST = marks.FIRST
BLANK = b"\xff"


def about(number: int, length: int = 26, fill: int = 0x80) -> bytes:
    """A body."""
    return bytes(fill + at % 100 for at in range(length - 2)) + number.to_bytes(2, "big")


def entry(sequence: int, length: int = 24) -> bytes:
    """A body of the log's."""
    return (sequence.to_bytes(4, "big") + bytes((sequence & 0xFF,)) * 40)[:length]


def killed(number: int, length: int = 26) -> bytes:
    """What is left of a record."""
    return (bytes((length,)) + bytes(HEAD - 1 + length - 2) + number.to_bytes(2, "big")).ljust(size_of(length), BLANK)


def laid(*parts: "tuple[int, bytes] | bytes", size: int = 2048) -> "tuple[Nor, list[int]]":
    """Two sectors that hold the same, (type, body) a record, bytes as they are; the offset of each part, and the end.
    """
    nor = Nor(2, size, 256)
    sectors = Records(nor)
    out = memoryview(bytearray(HEAD + BODY_MAX))
    places: list[int] = []
    for sector in range(2):
        base = sector * size
        nor.cells[base : base + FIRST] = marks.erase_mark(3) + marks.TOUCHED + marks.use_mark(70000 + sector, 3)
        at, places = FIRST, []
        for part in parts:
            places.append(at)
            if isinstance(part, bytes):
                data, taken = part, len(part)
            else:
                taken = sectors.build(out, 70000 + sector, at, *part)
                data, taken = bytes(out[:taken]), size_of(len(part[1]))
            nor.cells[base + at : base + at + len(data)] = data
            at += taken
        assert at <= size
        places.append(at)
    return nor, places


def trod(*parts: "tuple[int, bytes] | bytes", size: int = 2048, named: "tuple[int, int]" = (5, 26)) -> int:
    """Which part a walk stops at, -1 for none; what it tells up to there, and a scan from there on, is right."""
    nor, places = laid(*parts, size=size)
    for some in ([0], [1], [0, 1]):
        _, differs = compare(nor, some, *named)
        assert not differs, differs
    sectors, _ = sectors_of(nor)
    stops = [Walk(sectors, Seen(sectors), lambda *one: None, []).read(1, fill) for fill in (True, False)]
    assert stops[0] == stops[1]
    return -1 if stops[0] == size else places.index(stops[0])


A, B, C = (ROLL, about(5)), (FIXED, about(5, 31)), (VALUE, about(PLACES | 20, 9))


def in_order() -> None:
    """What is to be found in a sector without a fault, and a walk comes to its end."""
    for parts in (
        (),
        (A,),
        (A, B, C),
        (A, A, (ROLL, about(4)), B, B),
        (A, SEAL),
        (A, SEAL, B),
        (A, SEAL, SEAL),
        (SEAL,),
        (A, QUIET),
        (A, QUIET, B),
        (A, BEGUN, B),
        (A, HALF, B),
        (A, bytes(4), B),
        (A, bytes(200), B, bytes(148) + BEGUN, C),
        (A, bytes(148) + QUIET, SEAL),
        (A, BLANK * 8, B),
        (A, BLANK * 600, B, bytes(600), C, SEAL),
        (BLANK * 6 + b"\xff\xff\x00\x00" + bytes(6), A),
        (killed(5), A),
        (A, killed(5), killed(5), killed(5), killed(5, 31), killed(5, 31), killed(5, 31), B),
        (killed(5), killed(5, 30), killed(6), killed(5 << 8), killed(0x0505), A),
        (b"\x01\x00" + bytes(6), A),
        (killed(5, 2), killed(5, 3), killed(5, 128), killed(5, 127), A),
        ((TALLY, about(PLACES, 72)), A, (TALLY, about(PLACES, 72))),
        (A, SEAL, (TALLY, about(PLACES, 72))),
        ((RETIRED, about(PLACES, 4)), (5, about(9, 2)), (254, about(9, 128)), (77, about(5, 3))),
        tuple((VALUE, about(PLACES | length, length)) for length in range(2, 40)),
        ((VALUE, about(PLACES | 1, 127)), (VALUE, about(PLACES | 1, 128)), (VALUE, about(PLACES | 1, 126))),
    ):
        assert trod(*parts) == -1, parts


def odd() -> None:
    """What is for a scan to look at: the walk stops there, and not before."""
    whole = HEAD + 26
    for parts in (
        ((LOG, entry(3, 23)),),
        ((LOG, entry(3, 25)),),
        ((LOG, entry(1 << 31)),),
        (b"\x1a\xff" + bytes(30),),
        (b"\xff\x01" + bytes(30),),
        (b"\x81\x01" + bytes(140),),
        (SEAL[:7] + b"\xa4",),
        (b"\xa8" + SEAL[1:],),
        (SEAL[:4] + QUIET[4:],),
        (QUIET[:4] + SEAL[4:],),
        (QUIET[:7] + b"\x17",),
        (b"\xc4" + QUIET[1:],),
        (HALF[:3] + b"\x17" + bytes(4),),
        (b"\xd2" + HALF[1:] + bytes(4),),
        (BEGUN[:7] + b"\x17",),
        (b"\x1a\x02" + bytes(30),),
        (b"\x1a\x00\x01" + bytes(29),),
        (b"\x1a\x00\x00\x80" + bytes(28),),
        (b"\x1a\x00" + bytes(4) + b"\x01" + bytes(25),),
        (b"\x1a\x00" + bytes(27) + b"\x01" + bytes(2),),
    ):
        if parts[0] == BEGUN[:7] + b"\x17":
            assert trod(A, bytes(4), HALF[:3] + b"\x17", B) == 2
            continue
        assert trod(*parts) == 0, parts
        assert trod(A, SEAL, *parts, B, C) == 2, parts
        assert trod(A, *parts, *parts, B) == 1, parts
    rot = b"\x1a\x02" + bytes(30)
    for some in ((killed(5),), (killed(5), killed(5), killed(5, 31)), (killed(5, 31), killed(5, 30), killed(5))):
        assert trod(A, *some, rot, B, *some) == 1 + len(some), "what was killed on both sides of it"
        assert trod(A, rot, B, *some, A) == 1
        assert trod(A, *some, rot, SEAL) == 1 + len(some)
    for body in (b"", b"x"):  # nobody writes such
        nor, _ = laid((ROLL, body), B)
        assert Walk(sectors_of(nor)[0], Seen(Records(nor)), lambda *one: None, []).read(0, True) == FIRST
    for body, marked in ((about(PLACES, 72), 6), (about(PLACES, 72), 70)):
        nor, places = laid(A, (TALLY, body), B)
        for sector in range(2):
            nor.cells[sector * 2048 + places[1] + HEAD + marked - (marked == 70)] = 0  # of a mark: it still verifies
        sectors, _ = sectors_of(nor)
        walk = Walk(sectors, Seen(sectors), lambda *one: None, [])
        assert walk.read(0, True) == 2048 and not compare(nor, [0, 1], 5, 26)[1]
        nor.cells[places[1] + HEAD + (5 if marked == 6 else 70)] ^= 1
        assert walk.read(0, True) == places[1] and not compare(nor, [0], 5, 26)[1]
    for bit in range(0, whole * 8, 7):
        nor, places = laid(A, A, B)
        nor.cells[places[1] + bit // 8] ^= 1 << bit % 8
        sectors, _ = sectors_of(nor)
        at = Walk(sectors, Seen(sectors), lambda *one: None, []).read(0, True)
        assert at == places[1] and not compare(nor, [0], 5, 26)[1], (bit, at)


def handles() -> None:
    """The tables grow with each handle that is met, over as many blocks as that takes."""
    names = (0, 1, 126, 127, 128, 129, 0, 127, 300, 255, 256, 300, 5, 600)
    assert trod(*[(kind, about(name)) for name in names for kind in (FIXED, ROLL)]) == -1
    assert trod(*[(ROLL, about(name)) for name in reversed(names)]) == -1
    for some in ((0, 1), (0, 127), (0, 3, 2), (5, 5, 6), (126, 127, 1), (128, 255), (130, 129, 131)):
        assert trod(*[(ROLL, about(name)) for name in some]) == -1, "the last one needs no block more"


def entries() -> None:
    """The log, in turn or not, as the tables take it record by record."""
    big = 1 << 24
    for numbers in (
        (7, 8, 8, 10, 9, 9, 263, 8, 7, 264, 9, 265, 10),
        (big, big + 256, big + 1, big + 1, big, big + 255, big + 256, big + 257),
        (0, 0, 1, 255, 256, 0, 1, 2, 257, 2),
        ((1 << 31) - 2, (1 << 31) - 1, (1 << 31) - 2),
        (300, 40, 44, 45, 300, 299, 800, 544, 543, 545, 544),
        tuple(range(30)),
    ):
        assert trod(*[(LOG, entry(number)) for number in numbers]) == -1, numbers
        assert trod(*[(LOG, entry(number)) for number in numbers], A, (LOG, entry(3))) == -1, numbers
    again = entry(9)[:16] + b"its copy"
    last = (entry(9), again), (again, entry(8)), (entry(9), again, entry(10)), (entry(9), entry(9 + 256), again)
    for bodies in last:
        assert trod(*[(LOG, body) for body in bodies]) == -1, "which one the next is chained to"


def windows() -> None:
    """Whatever stands at the border of a window is read whole."""
    for shift in range(0, 144, 4):
        to = WINDOW - FIRST - 2 * 32 - 140 + shift
        lead = (A, A, BLANK * to)
        rest = 2048 - FIRST - 64 - to
        assert trod(*lead, (VALUE, about(PLACES | 3, 128)), C) == trod(*lead, killed(5, 128), C) == -1, shift
        assert trod(*lead, A, BLANK * (rest - 32 - shift - 20), b"\x1a\x02" + b"end.") == 5, shift
        for last in (SEAL, QUIET, BEGUN, killed(5), (LOG, entry(9))):
            assert trod(*lead, last, C) == trod(*lead, last) == -1, (shift, last)


def ends() -> None:
    """What ends with the sector is read whole, too; what would end behind it is nothing."""
    for length in range(26, 34):
        gap = 2048 - FIRST - 32 - size_of(length)
        assert trod(A, BLANK * gap, (FIXED, about(5, length))) == -1
        assert trod(A, BLANK * gap, killed(5, length)) == -1
        assert trod(A, BLANK * gap, bytes((length + 4, FIXED)) + bytes(size_of(length) - 2)) == 2
        assert trod(A, BLANK * gap, bytes((length + 4,)) + bytes(size_of(length) - 1)) == 2
    for tail in (SEAL, QUIET, HALF + bytes(4), bytes(4), BLANK * 4, b"\xff\xff\xff\x01"):
        assert trod(A, BLANK * (2048 - FIRST - 32 - len(tail)), tail) == -1, tail


def sparing() -> None:
    """A sector is read once, but for what stands at the borders of windows; a flash that refuses is told."""
    nor, _ = laid(*[(VALUE, about(PLACES | 1, 128))] * 29, size=4096)
    sectors, _ = sectors_of(nor)
    nor.power_up(0)
    walk = Walk(sectors, Seen(sectors), lambda *one: None, [])
    assert walk.read(1, True) == 4096 and nor.reads == 5 and nor.read_bytes <= 4096 + 4 * 140
    nor.power_up(0)
    walk.end(1)
    assert nor.reads == 5 and nor.read_bytes <= 4096 + 4 * 140
    walk.sector(0, lambda *broken: None, False)
    assert nor.reads == 10
    nor.fault_at = 1
    try:
        walk.read(1, True)
        raise AssertionError("it was not told")
    except StoreError:
        assert nor.fault_at < 0


def given_up() -> None:
    """Of a head that was given up, no record behind its end is taken, be it whole or not."""
    parts = (A, B, C, A, (LOG, entry(5)), b"\x1a\x02" + bytes(30), (LOG, entry(6)), SEAL)
    nor, places = laid(*parts)
    for count, end in enumerate(places):
        sectors, _ = sectors_of(nor)
        sectors.ends = {0: end}
        plain, seen = Seen(sectors), Seen(sectors)
        sectors.scan(0, 0, 1 << 28, plain.visit, plain.tell)
        Walk(sectors, seen, seen.visit, seen.stale).sector(0, seen.tell, False)
        assert seen.all() == plain.all(), end
        assert seen.log_next == (0, 0, 0, 0, 0, 6, 6, 7, 7)[count] and bool(seen.broken) == (count > 5), end
        Walk(sectors, seen, seen.visit, seen.stale).end(0)
        assert sectors.tail == min(end, places[5] if count == 6 else end), (end, sectors.tail)


ALL = (in_order, odd, handles, entries, windows, ends, sparing, given_up)
