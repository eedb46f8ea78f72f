# SPDX-License-Identifier: MIT
"""A start sorts the sectors by their heads: which are in use and in what order, clean, waiting for an erase, or not
ours. Each function raises where that does not hold."""

from agent.errors import StoreError
from agent.store.journal import Journal
from agent.store.mount import recover
from agent.store.mount.index import Index
from agent.store.mount.walk import Walk
from agent.store.ring import marks
from agent.store.ring.layout import BODY_MAX, FIXED, HEAD, RETIRED, ROLL, size_of
from agent.store.ring.records import Records
from tests.model.nor import Nor

SIZE = 1024
BLANK = b""
KILLED = bytes(48)
JUNK = b"junk" * 12
DYING = bytes(32) + b"junk" * 4


def clean(wear: int) -> bytes:
    """A head."""
    return marks.erase_mark(wear)


def touched(wear: int) -> bytes:
    """One that a cut left before its use mark."""
    return marks.erase_mark(wear) + marks.TOUCHED


def used(sequence: int, wear: int) -> bytes:
    """One in use."""
    return touched(wear) + marks.use_mark(sequence, wear)


def flash(*heads: bytes) -> Nor:
    """A sector for each head, or with more in it than that."""
    nor = Nor(len(heads), SIZE, 256)
    for sector, head in enumerate(heads):
        nor.cells[sector * SIZE : sector * SIZE + len(head)] = head
    return nor


def records(nor: Nor, sector: int, sequence: int, *bodies: "tuple[int, bytes]") -> "list[int]":
    """Puts records into a sector; where they stand."""
    sectors, out, at, places = Records(nor), memoryview(bytearray(HEAD + BODY_MAX)), marks.FIRST, []
    for kind, body in bodies:
        taken = sectors.build(out, sequence, at, kind, body)
        places.append(sector * SIZE + at)
        nor.cells[places[-1] : places[-1] + taken] = out[:taken]
        at += size_of(len(body))
    return places


def heads() -> None:
    """Order by sequence, whatever the place; erases are counted on where a mark tells, else as the worst has it."""
    for there, order, free, dirty, wear, sequence in (
        ((BLANK, BLANK, BLANK), [], [], [0, 1, 2], [0, 0, 0], 0),
        ((clean(3), BLANK, clean(0)), [], [0, 2], [1], [3, 3, 0], 0),
        ((clean(3), touched(2), KILLED), [], [0], [1, 2], [3, 2, 3], 0),
        ((used(5, 1), used(3, 2), used(9, 3)), [1, 0, 2], [], [], [1, 2, 3], 9),
        ((used(70000, 9), clean(1), used(69999, 7), BLANK), [2, 0], [1], [3], [9, 1, 7, 9], 70000),
        ((KILLED, JUNK, touched(4), used(1, 6), DYING), [3], [], [0, 1, 2, 4], [6, 6, 4, 6, 6], 1),
        ((b"\xff" * 32 + marks.use_mark(4, 11), clean(2)), [0], [1], [], [11, 2], 4),  # its erase mark rotted
        ((b"\xff" * 32 + marks.use_mark(4, 11), BLANK), [0], [], [1], [11, 11], 4),
    ):
        nor = flash(*there)
        image = bytes(nor.cells)
        ring = Journal(nor)
        assert recover.sort(ring) == 0, there
        have = ring._order, ring._clean, ring._dirty, list(ring._wear), ring._sequence
        assert have == (order, free, dirty, wear, sequence), (there, have)
        assert ring._leaving == [] and ring._marked == (there[0] != BLANK or there[1] != BLANK)
        assert bytes(nor.cells) == image and nor.programs == nor.erases == 0


def notes() -> None:
    """A head in use that tells where another one's records end is believed, whichever mark of it rotted."""

    def noted(sequence: int, before: int, end: int) -> bytes:
        return clean(1)[:12] + marks.note(before, end) + used(sequence, 1)[16:]

    for there, ends in (
        ((used(9, 1), noted(10, 1, 100)), {0: 100}),
        ((noted(10, 2, 64), used(9, 1), used(8, 1)), {2: 64}),
        ((noted(10, 1, 64), noted(11, 2, 64), used(9, 1)), {2: 64}),
        ((noted(10, 1, 64), noted(12, 2, 200), used(9, 1)), {0: 200, 2: 64}),
        ((used(9, 1), noted(12, 2, 100)), {}),  # of one that is gone
        ((used(9, 1), noted(10, 1, 100)[:32] + BLANK), {}),  # it never came into use
        ((used(9, 1), bytes(4) + noted(10, 1, 100)[4:]), {0: 100}),
        ((used(9, 1), noted(10, 1, 100)[:47] + b"\x00"), {0: 100}),
    ):
        nor = flash(*there)
        records(nor, 1, 10, *[(ROLL, bytes(24) + b"\x00\x05")] * 2)
        if len(there[1]) < 48:
            nor.cells[SIZE + 48 : 2 * SIZE] = b"\xff" * (SIZE - 48)
        ring = Journal(nor)
        recover.sort(ring)
        assert ring._sectors.ends == ends, (there, ring._sectors.ends)


def orphans() -> None:
    """A sector that lost its use mark is taken back by what its records tell, in a flash that is a store's."""
    body = ROLL, bytes(24) + b"\x00\x05"
    for others, sequence, order, dirty, newest in (
        ((used(7, 1), used(4, 1)), 3, [2, 1, 0], [], 7),
        ((used(5, 1), clean(1)), 6, [0, 2], [], 6),
        ((clean(1), BLANK), 3, [2], [1], 3),
    ):
        nor = flash(*others, touched(2) + bytes(16))
        records(nor, 2, sequence, body, body)
        ring = Journal(nor)
        assert recover.sort(ring) == 1 and ring._leaving == [2], others
        have = ring._order, ring._dirty, ring._wear[2], ring._sequence, ring._sectors.sequences[2]
        assert have == (order, dirty, 2, newest, sequence), (others, have)
    nor = flash(used(9, 1), touched(2) + bytes(16), touched(2) + bytes(16), touched(1))
    records(nor, 1, 10, body)
    records(nor, 2, 10, body)
    ring = Journal(nor)
    assert recover.sort(ring) == 1 and ring._order == [0, 1] and ring._dirty == [2, 3], "one of two that tell the same"
    nor = flash(used(9, 1), KILLED)
    records(nor, 1, 10, body, body)
    reads = nor.reads
    assert recover.sort(Journal(nor)) == 0 and nor.reads - reads == 2, "it was given up: nothing is sought there"
    nor = flash(used(9, 1), BLANK)
    records(nor, 1, 10, body, body)
    reads = nor.reads
    assert recover.sort(Journal(nor)) == 0 and nor.reads - reads == 2, "it was never taken into use"
    nor = flash(*[b"\xff" * 16 + bytes(16) + marks.use_mark(7, 1)[:8] + bytes(8)] * 2)
    records(nor, 0, 7, body, body)
    reads = nor.reads
    assert not sorts(nor) and nor.reads - reads < 20, "what was never formatted is not searched"


def sorts(nor: Nor) -> bool:
    """Whether it is taken for a store, or for blank; nothing is written."""
    image = bytes(nor.cells)
    try:
        recover.sort(Journal(nor))
        return True
    except StoreError:
        return False
    finally:
        assert bytes(nor.cells) == image


def strangers() -> None:
    """Without a sector in use, what holds more than a head is refused: somebody's, or ours with its heads lost."""
    more = b"more"
    for there, good in (
        ((BLANK, BLANK), True),
        ((BLANK, JUNK), True),
        ((BLANK, JUNK + b"m"), False),
        ((JUNK + more, BLANK), False),
        ((KILLED + more, BLANK), True),
        ((DYING + more, BLANK), True),
        ((bytes(31) + b"\x01" + bytes(16) + more, BLANK), False),
        ((clean(1), JUNK + more), True),  # what an erase left that was cut
        ((clean(1), touched(1) + more * 8), True),
        ((used(3, 1), JUNK + more), True),
    ):
        assert sorts(flash(*there)) == good, there
    body = ROLL, bytes(24) + b"\x00\x05"
    for count, head, good in ((2, JUNK, False), (1, JUNK, True), (2, KILLED, True), (2, DYING, True)):
        nor = flash(clean(1), BLANK, head)
        records(nor, 2, 7, *[body] * count)
        assert sorts(nor) == good, (count, head)
        nor.cells[:48] = used(3, 1)
        assert sorts(nor), "there is one in use"


class Told:
    """A start's scan of a flash, and what it told."""

    def __init__(self, nor: Nor) -> None:
        self.ring = Journal(nor)
        self.beats = 0
        self.broken: list[tuple[int, int, int, bool]] = []
        self.ring.beat = self._beat
        recover.sort(self.ring)
        index = Index(self.ring)
        walk = Walk(self.ring._sectors, index, self._see, [])
        recover.scan(self.ring, walk, lambda *one: self.broken.append(one))

    def _beat(self) -> None:
        self.beats += 1

    def _see(self, kind: int, body: bytes, addr: int) -> None:
        if kind == RETIRED:
            self.ring._bad[:] = body


def last_one() -> None:
    """The last record is looked for in the head, and in the sector before it when that holds none yet: what was killed
    about the same is told, in all sectors."""
    five, six = bytes(24) + b"\x00\x05", bytes(24) + b"\x00\x06"
    for newest, about, size in (
        ([(ROLL, five), (ROLL, six)], 6, 26),
        ([(ROLL, six), (FIXED, five + b"\x00\x05")], 5, 28),
        ([], 5, 26),
    ):
        nor = flash(used(3, 1), used(4, 1), used(5, 1))
        old = records(nor, 0, 3, (ROLL, six), (ROLL, five), (FIXED, five + b"\x00\x05"), (ROLL, six))
        records(nor, 1, 4, (ROLL, six), (ROLL, five))
        records(nor, 2, 5, *newest)
        for addr in old[1:]:
            length = nor.cells[addr]
            nor.cells[addr + 1 : addr + HEAD + length - 2] = bytes(HEAD - 1 + length - 2)
        told = Told(nor)
        sectors = told.ring._sectors
        assert (sectors.about, sectors.about_size) == (about, size) and told.beats == 3 and not told.broken
        want = {6: ([old[3]], []), 5: ([old[1]], [old[2]])}[about]
        assert sectors.killed == (want if size == 26 else want[::-1]), (about, sectors.killed)
        head = bool(newest) and 2 * SIZE + 48 + 32
        assert (sectors.last, sectors.tail) == (head, 48 + size_of(26) + size_of(size) if newest else 48)
    for heads_there in ((used(3, 1), used(4, 1)), (used(2, 1), used(3, 1), used(4, 1))):
        nor = flash(*heads_there)
        records(nor, 0, 2, (ROLL, five))  # two sectors before the head: no cut reaches back so far
        told = Told(nor)
        assert told.ring._sectors.about == -1 and told.ring._sectors.last == 0 and told.beats == len(heads_there)
    nor = flash(used(3, 1))
    records(nor, 0, 3, (ROLL, bytes(24) + b"\x03\x05"))
    assert Told(nor).ring._sectors.about == 0x0305


def resting() -> None:
    """What is retired is neither clean nor dirty; in use, it is to be emptied."""
    nor = flash(used(3, 1), used(4, 1), clean(1), clean(1), BLANK, BLANK)
    records(nor, 1, 4, (RETIRED, bytes((0b010101, 0xFF, 0))))
    ring = Told(nor).ring
    assert (ring._order, ring._clean, ring._dirty, ring._leaving) == ([0, 1], [3], [5], [0])
    assert ring._bad_known == ring.retired() == 3
    nor.cells[:] = flash(used(3, 1), used(4, 1), clean(1), clean(1), BLANK, BLANK).cells
    ring = Told(nor).ring
    assert (ring._clean, ring._dirty, ring._leaving, ring._bad_known) == ([2, 3], [4, 5], [], 0)
    nor = flash(used(9, 1), touched(2) + bytes(16))
    records(nor, 0, 9, (RETIRED, bytes((0b10, 0xFF, 0))))
    records(nor, 1, 8, *[(ROLL, bytes(24) + b"\x00\x05")] * 2)
    ring = Told(nor).ring
    assert ring._leaving == [1] and ring._order == [1, 0], "once"


ALL = (heads, notes, orphans, strangers, last_one, resting)
