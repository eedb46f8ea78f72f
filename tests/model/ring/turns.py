# SPDX-License-Identifier: MIT
"""The turns of the sectors: which one is taken, given back, given up; exactly what is programmed for it."""

from agent.store.ring import marks
from agent.store.ring.ring import RESERVE, Ring
from tests.model.ring.chip import ANY, FIRST, SECTORS, SIZE, Asked, Chip, Wrong, erased, head, in_use

ERASE = "a sector can't be erased"
PROGRAM = "flash can't be programmed"
ZEROS = bytes(16)


def ring(sectors: int = SECTORS) -> "tuple[Chip, Ring]":
    """A flash, and its ring. Nothing is known of any sector."""
    chip = Chip(sectors)
    one = Ring(chip)
    one._marked = True
    return chip, one


def cleaned(sectors: "list[int]", count: int = SECTORS) -> "tuple[Chip, Ring]":
    """Some of them are erased and waiting, with as many erases as their numbers."""
    chip, one = ring(count)
    for sector in sectors:
        chip.put(sector * SIZE, erased(sector))
        one._wear[sector] = sector
    one._clean = list(sectors)
    return chip, one


def opened(sector: int, sequence: int, wear: int, copies: bool = False) -> "list[Asked]":
    """What takes a sector into use."""
    base = sector * SIZE
    return [("program", base + 16, bytes(8 if copies else 16)), ("program", base + 32, in_use(sequence, wear))]


def lists(one: Ring) -> "tuple[list[int], ...]":
    """Where each sector is."""
    return one._order, one._clean, one._dirty, one._resting, one._stuck, one._leaving


def fresh() -> "list[str]":
    """What a ring says before anything is known."""
    wrong = Wrong()
    for sectors, size in ((6, 3), (8, 3), (9, 4), (16, 4), (17, 5)):
        chip = Chip(sectors)
        one = Ring(chip)
        wrong.same(f"{sectors}", one.retired_size(), size)
        wrong.same(f"{sectors}, body", bytes(one._bad), bytes(size - 2) + b"\xff\x00")
        have = one.free(), one.clean(), one.retired(), one.wear(), one._bad_known, one._sequence, one._at, one._end
        wrong.same(f"{sectors}, counts", have, (0, 0, 0, 0, 0, 0, SIZE, SIZE))
        wrong.same(f"{sectors}, lists", lists(one), ([], [], [], [], [], []))
        wrong.same(f"{sectors}, says", (one._marked, one._copies, one._closed()), (False, False, True))
        wrong.same(f"{sectors}, each", (list(one._wear), bytes(one._strikes)), ([0] * sectors, bytes(sectors)))
        one.beat()
    wrong.same("reserve", RESERVE, 2)
    return wrong.out


def counts() -> "list[str]":
    """How many are free, clean, retired, and the most erases."""
    wrong = Wrong()
    _, one = ring(17)
    one._clean, one._dirty, one._resting = [1, 2], [3, 4, 5], [6]
    one._wear[3] = 9
    one._wear[4] = 8
    wrong.same("counts", (one.free(), one.clean(), one.wear()), (5, 2, 9))
    for known, sector in enumerate((0, 7, 8, 16)):
        wrong.same(f"{sector}", (one._is_bad(sector), one.retired()), (False, known))
        one._retire(sector)
        one._retire(sector)
        wrong.same(f"{sector} retired", (one._is_bad(sector), one.retired()), (True, known + 1))
    wrong.same("as it is saved", bytes(one._bad), b"\x81\x01\x01\xff\x00")
    one._order = [1]
    for at, closed in ((SIZE - 136, False), (SIZE - 135, True), (SIZE, True), (FIRST, False)):
        one._at = at
        wrong.same(f"closed at {at}", one._closed(), closed)
    one._order = []
    wrong.same("no head", one._closed(), True)
    return wrong.out


def failures() -> "list[str]":
    """A sector that fails is emptied before its turn, once; the head is closed with it. Only a bad one is retired."""
    wrong = Wrong()
    _, one = ring()
    one._order, one._stuck, one._at = [3, 1, 2], [3], 100
    for sector, bad, want in (
        (1, False, ([1], 0, 100)),
        (1, True, ([1], 1, 100)),
        (3, False, ([1], 1, 100)),
        (2, False, ([1, 2], 1, SIZE)),
        (2, True, ([1, 2], 2, SIZE)),
    ):
        one._fail(sector, bad)
        wrong.same(f"{sector}, {bad}", (one._leaving, one.retired(), one._at), want)
    _, one = ring()
    one._fail(0, True)
    wrong.same("no order", (one._leaving, one.retired(), one._at), ([0], 1, SIZE))
    for bad, times in ((True, 1), (False, 2)):
        _, one = ring()
        one._order, one._at = [1], 100
        for time in range(1, times + 1):
            one._refused(1, bad)
            gone = time == times
            now = one._leaving, one.retired(), one._at, one._strikes[1]
            then = ([1] if gone else [], int(bad), SIZE if gone else 100, 0 if gone else time)
            wrong.same(f"refused {time} times, {bad}", now, then)
    return wrong.out


def given_back() -> "list[str]":
    """A sector without anything live: its head is killed, then it waits for an erase, unless it is no good."""
    wrong = Wrong()
    kill = [("program", SIZE, ZEROS), ("program", SIZE + 32, ZEROS)]
    for bad in (False, True):
        for order in ([1, 2], [2, 1]):
            for leaving in ([], [1], [2, 1]):
                chip, one = ring()
                chip.put(SIZE, head(5, 7))
                one._order, one._leaving, one._at, one._copies = list(order), list(leaving), 100, True
                if bad:
                    one._retire(1)
                one._give_back(1)
                name = f"{order}, {leaving}, {bad}"
                is_head = order[-1] == 1
                wrong.same(name, lists(one), ([2], [], [] if bad else [1], [], [], leaving[:-1]))
                wrong.same(name + ", head", (one._at, one._copies), (SIZE, False) if is_head else (100, True))
                wrong.same(name + ", asked", chip.done(), kill)
    for leaving in ([], [1], [2, 1]):
        chip, one = ring()
        chip.put(SIZE, head(5, 7))
        chip.refuse = {("program", ANY): 1}
        one._order, one._leaving, one._at, one._copies = [2, 1], list(leaving), 100, True
        one._give_back(1)
        wrong.same(f"refused, {leaving}", lists(one), ([2, 1], [], [], [], [1], leaving[:-1]))
        wrong.same("refused, head", (one._at, one._copies), (100, True))
    return wrong.out


def takes() -> "list[str]":
    """The clean sector with the fewest erases becomes the head; two stay for copies."""
    wrong = Wrong()
    for copies in (False, True):
        chip, one = cleaned([3, 1, 2])
        one._order, one._sequence, one._copies, one._at = [5], 0x01020304, not copies, 300
        one._open(copies)
        wrong.same(f"{copies}", chip.done(), opened(1, 0x01020305, 1, copies))
        wrong.same(f"{copies}, lists", lists(one), ([5, 1], [3, 2], [], [], [], []))
        have = one._at, one._copies, one._sequence, one._sectors.sequences[1]
        wrong.same(f"{copies}, head", have, (FIRST, copies, 0x01020305, 0x01020305))
    chip, one = cleaned([3])
    one._dirty = [2]
    wrong.refused("the reserve", "only the reserve is left", one._open, False, by="StoreFull")
    wrong.same("nothing asked", (chip.done(), lists(one)), ([], ([], [3], [2], [], [], [])))
    one._open(True)
    wrong.same("copies", (chip.done(), one._order), (opened(3, 1, 3, True), [3]))
    one._open(True)
    wrong.same("erased first", one._order, [3, 2])
    wrong.refused("none", "no sector is left", one._open, True, by="StoreFull")
    return wrong.out


def tries() -> "list[str]":
    """One that refuses waits for its erase and the next is tried; one that holds nothing is retired."""
    wrong = Wrong()
    for place in (16, 32):
        chip, one = cleaned([1, 2, 3, 4])
        chip.refuse = {("program", SIZE + place): 1}
        one._dirty = [5]
        one._open(False)
        asked = opened(1, 1, 1)[: 1 if place == 16 else 2]
        wrong.same(f"{place}", chip.done(), asked + opened(2, 2, 2))
        wrong.same(f"{place}, lists", lists(one), ([2], [3, 4], [1, 5], [], [], []))
        wrong.same(f"{place}, good", (one.retired(), one._sequence), (0, 2))
        chip, one = cleaned([1, 2, 3, 4])
        chip.refuse = {("program", SIZE + place): 1}
        chip.error = MemoryError
        one._dirty = [5]
        try:
            one._open(False)
            wrong.out.append("no error")
        except MemoryError:
            wrong.same("no heap", lists(one), ([], [2, 3, 4], [1, 5], [], [], []))
    chip, one = cleaned([1, 2, 3, 4])
    chip.lies = {SIZE + 32: True}
    one._open(False)
    wrong.same("a lie", (lists(one), one._is_bad(1), one.retired()), (([2], [3, 4], [], [], [], []), True, 1))
    chip, one = cleaned([1, 2, 3, 4])
    chip.refuse = {("program", ANY): -1}
    one._wear[0] = one._wear[5] = 9
    wrong.refused("all refuse", ERASE, one._open, True)
    wrong.same("each", lists(one), ([], [], [4, 3, 2, 1], [], [], []))
    chip, one = cleaned([0, 1, 2, 3, 4, 5])
    chip.refuse = {("program", ANY): -1}
    wrong.refused("each refuses", PROGRAM, one._open, True)
    wrong.same("six times", (len(chip.done()), one._sequence), (6, 6))
    wrong.same("they wait", lists(one), ([], [], [5, 4, 3, 2, 1, 0], [], [], []))
    chip, one = cleaned([0, 1, 2, 3, 4, 5])
    chip.lies = {sector * SIZE + 32: True for sector in range(6)}
    wrong.refused("each lies", "no sector is any good", one._open, True, by="StoreFull")
    wrong.same("all are gone", one.retired(), 6)
    return wrong.out


def tells() -> "list[str]":
    """A head says where the records of the newest one end that was given up, before it says that it is in use."""
    wrong = Wrong()
    for copies in (False, True):
        for ends, note in (
            ({}, b""),
            ({4: 100}, marks.note(2, 100)),
            ({5: 200}, marks.note(1, 200)),
            ({4: 100, 5: 200}, marks.note(1, 200)),
            ({3: 64}, b""),
            ({0: 64}, marks.note(254, 64)),
            ({3: 64, 0: 64}, marks.note(254, 64)),
        ):
            chip, one = cleaned([1, 2], 8)
            one._clean.append(6)
            one._wear[6] = 9
            one._order, one._sequence = [3, 0, 4, 5], 1000
            for sector, sequence in ((3, 746), (0, 747), (4, 999), (5, 1000)):
                one._sectors.sequences[sector] = sequence
            one._sectors.ends = dict(ends)
            one._open(copies)
            touch, use = opened(1, 1001, 1, copies)
            between = [("program", SIZE + 12, note)] if note else []
            wrong.same(f"{ends}, {copies}", chip.done(), [touch, *between, use])
            wrong.same(f"{ends}, still known", one._sectors.ends, ends)
            one._give_back(4)
            ends.pop(4, None)
            wrong.same(f"{ends}, until it is gone", one._sectors.ends, ends)
    chip, one = cleaned([1, 2, 3, 4])
    one._order, one._sectors.ends, one._sectors.sequences[5] = [5], {5: 200}, 9
    one._sequence = 9
    chip.refuse = {("program", SIZE + 12): 1}
    one._open(False)
    have = [asked[1] for asked in chip.done()]
    wrong.same("refused", have, [SIZE + 16, SIZE + 12, 2 * SIZE + 16, 2 * SIZE + 12, 2 * SIZE + 32])
    wrong.same("it counts from its own sequence", chip.at(2 * SIZE + 12, 4), marks.note(2, 200))
    wrong.same("where the new one ends", (one._at, one._end), (FIRST, FIRST))
    one._give_back(2)
    wrong.same("nothing is known of the one before", (one._at, one._end), (SIZE, SIZE))
    return wrong.out


ALL = (fresh, counts, failures, given_back, takes, tries, tells)
