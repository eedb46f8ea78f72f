# SPDX-License-Identifier: MIT
"""What stands behind the last record of a head: what a start finds and leaves there, what an append makes of it."""

from agent.store.ring.tail import Tail
from tests.model.ring.chip import ANY, BEGUN, FIRST, HALF, QUIET, SEAL, SIZE, Asked, Chip, Wrong, erased, head
from tests.model.ring.turns import opened

SECTOR = 5  # behind the last one nothing can be read
BASE = SECTOR * SIZE
TRACES = 144
PROGRAM = "flash can't be programmed"


def tail(sequence: int = 9) -> "tuple[Chip, Tail]":
    """A ring whose head is the last sector."""
    chip = Chip()
    chip.put(BASE, head(sequence, 1))
    one = Tail(chip)
    one._marked = True
    one._order = [1, SECTOR]
    one._sequence = one._sectors.sequences[SECTOR] = sequence
    one._at = 100
    return chip, one


def flags(one: Tail) -> "tuple[bool, ...]":
    """What it knows: unsure, calm, found, undone, unsealed, copies."""
    return one._unsure, one._calm, one._found, one._undone, one._unsealed, one._copies


def ends(one: Tail) -> "tuple[int, list[int], int, int]":
    """Where it goes on, who leaves, how many are retired, how often the head has refused."""
    return one._at, one._leaving, one.retired(), one._strikes[SECTOR]


def zeros(at: int, size: int) -> "Asked":
    """A program of zeros in the head."""
    return ("program", BASE + at, bytes(size))


def joined(asked: "list[Asked]") -> "list[Asked]":
    """Programs that go on where the one before ended, of zeros, as one: where pages end is another's matter."""
    out: list[Asked] = []
    for what, addr, data in asked:
        if out and not any(data) and not any(out[-1][2]) and out[-1][1] + len(out[-1][2]) == addr:
            data, addr = out[-1][2] + data, out[-1][1]
            out.pop()
        out.append((what, addr, data))
    return out


def fresh() -> "list[str]":
    """Nothing is known before a start."""
    wrong = Wrong()
    wrong.same("flags", flags(Tail(Chip())), (False,) * 6)
    return wrong.out


def seeks() -> "list[str]":
    """Each begun word leads to a place behind it; a quiet one says that nothing was begun there."""
    wrong = Wrong()
    half = b"\x12\x34\x56\x78" + HALF
    weak = b"\xc5\x3a\x97\x68" + HALF[:3] + b"\x17"
    last = SIZE - 8 - TRACES  # where a word still has a place
    for at, words, place, calm in (
        (100, (), 100, False),
        (100, (QUIET,), 100, True),
        (100, (weak,), 100, False),
        (100, (b"\xff" * 8,), 100, False),
        (100, (HALF + b"\xff" * 4,), 100, False),
        (100, (BEGUN,), 252, False),
        (100, (half,), 252, False),
        (100, (BEGUN, QUIET), 252, True),
        (100, (BEGUN, half, BEGUN), 556, False),
        (100, (BEGUN, half, QUIET), 404, True),
        (last, (), last, False),
        (last, (QUIET,), last, True),
        (last, (BEGUN,), SIZE, False),
        (last + 4, (), last + 4, False),
        (SIZE, (), SIZE, False),
    ):
        for before in (True, False):
            chip, one = tail()
            one._calm = before
            one._found = before
            where = at
            for word in words:
                chip.put(BASE + where + TRACES, word)
                where += TRACES + 8
            have = one.seek(at), one._at, one._calm
            wrong.same(f"{words!r} behind {at}", have, (place, place + TRACES, calm))
            if place + TRACES + 8 <= SIZE:
                wrong.same(f"{words!r} behind {at}, found", one._found, calm)
            wrong.same("nothing is written", chip.done(), [])
    return wrong.out


def settles() -> "list[str]":
    """Zeros as far as a cut may have come, then a quiet word; where there is none, or more, the head is closed."""
    wrong = Wrong()
    last = SIZE - 8 - TRACES
    for at, begun, more, stop, quiet in (
        (100, 0, 0, 244, True),
        (100, 0, 252, 244, True),
        (100, 0, 253, 253, False),
        (100, 0, 900, 900, False),
        (100, 1, 0, 396, True),
        (100, 1, 404, 396, True),
        (100, 1, 405, 405, False),
        (last, 0, 0, SIZE - 8, True),
        (last, 0, SIZE, SIZE - 8, True),
        (last + 4, 0, 0, SIZE - 4, False),
        (last + 4, 0, SIZE, SIZE - 4, False),
        (SIZE - 100, 0, 0, SIZE, False),
        (SIZE - 100, 0, SIZE, SIZE, False),
    ):
        chip, one = tail()
        chip.put(BASE + at - 4, b"\x77" * 4)
        if begun:
            chip.put(BASE + at + TRACES, b"\x04\x00\x00\x01" + HALF)
        if more:  # where the last byte is that does not read blank
            chip.put(BASE + more - 1, QUIET[-1:])
        place = one.seek(at)
        one.settle_tail(at, place)
        name = f"{at}, {begun}, {more}"
        want = [("program", BASE + place - 8, BEGUN)] if begun else []
        want.append(zeros(place, stop - place))
        want += [("program", BASE + stop, QUIET)] if quiet else []
        wrong.same(name, joined(chip.done()), want)
        wrong.same(name + ", then", ends(one), (stop if quiet else SIZE, [], 0, 0))
        wrong.same(name + ", flags", flags(one), (False, quiet, False, False, False, False))
        wrong.same(name + ", before", chip.at(BASE + at - 4, 4), b"\x77" * 4)
    return wrong.out


def calm() -> "list[str]":
    """What is calm stays as it is."""
    wrong = Wrong()
    chip, one = tail()
    chip.put(BASE + 100 + TRACES, QUIET)
    one.settle_tail(100, one.seek(100))
    wrong.same("calm", (chip.done(), ends(one)), ([], (244, [], 0, 0)))
    wrong.same("flags", flags(one), (False, True, True, False, False, False))
    return wrong.out


def unsettled() -> "list[str]":
    """A head that refuses is closed, and emptied before its turn; one that holds no zeros is retired."""
    wrong = Wrong()
    for name, what, where, programs in (
        ("begun", "program", 244, 1),
        ("zeros", "program", 252, 2),
        ("quiet", "program", 396, 5),
        ("a look for the end", "read", SIZE - 256, 1),
        ("a look at the zeros", "read", 252, 4),
    ):
        chip, one = tail()
        chip.put(BASE + 244, BEGUN)
        place = one.seek(100)
        chip.refuse = {(what, BASE + where): 1}
        one.settle_tail(100, place)
        wrong.same(name, ends(one), (SIZE, [SECTOR], 0, 0))
        wrong.same(name + ", flags", flags(one), (False, False, False, False, False, False))
        wrong.same(name + ", asked", len(chip.done()), programs)
    chip, one = tail()
    chip.put(BASE + 100, b"\x55\x55")
    chip.lies = {BASE + 100: True}
    one.settle_tail(100, one.seek(100))
    wrong.same("a lie", ends(one), (SIZE, [SECTOR], 1, 0))
    wrong.same("a lie, asked", joined(chip.done()), [zeros(100, 144)])
    return wrong.out


def begins() -> "list[str]":
    """Before anything is appended a quiet word is made a begun one: its second half made sure of, its first zeros."""
    wrong = Wrong()
    half: Asked = ("program", BASE + 104, HALF)
    for is_calm, found, at, asked, then in (
        (True, True, 100, [half, zeros(100, 4)], 108),
        (True, False, 100, [zeros(100, 4)], 108),
        (False, True, 100, [], 100),
        (False, False, 100, [], 100),
        (True, True, SIZE, [], SIZE),
        (True, True, SIZE - 8, [("program", BASE + SIZE - 4, HALF), zeros(SIZE - 8, 4)], SIZE),
    ):
        chip, one = tail()
        chip.put(BASE + at, QUIET[: SIZE - at])
        one._calm, one._found, one._at = is_calm, found, at
        one._begin()
        wrong.same(f"{is_calm}, {found}, {at}", chip.done(), asked)
        wrong.same(f"{is_calm}, {found}, {at}, then", (one._at, one._calm), (then, False))
    for where, found in ((100, True), (104, True)):
        chip, one = tail()
        chip.put(BASE + 100, QUIET)
        chip.refuse = {("program", BASE + where): 1}
        one._calm, one._found = True, found
        wrong.refused(f"refused at {where}", PROGRAM, one._begin)
        wrong.same(f"refused at {where}, then", (one._at, one._calm), (100, True))
    return wrong.out


def seals() -> "list[str]":
    """A seal, and what is known behind it. Refused, it is to be repeated."""
    wrong = Wrong()
    for was in (True, False):
        chip, one = tail()
        one._unsealed, one._undone = True, was
        one._put_seal()
        wrong.same("seal", chip.done(), [("program", BASE + 100, SEAL)])
        wrong.same("then", (ends(one), flags(one)), ((108, [], 0, 0), (False,) * 6))
    chip, one = tail()
    one._unsealed = True
    chip.refuse = {("program", ANY): 1}
    wrong.refused("refused", PROGRAM, one._put_seal)
    wrong.same("refused, then", (ends(one), flags(one)), ((100, [], 0, 0), (False, False, False, True, True, False)))
    return wrong.out


def opens() -> "list[str]":
    """When another head is opened, a quiet word in the one before is made a begun one; nothing is said of the new."""
    wrong = Wrong()
    for copies in (False, True):
        for refused in (0, 1):
            chip, one = tail()
            for sector in (2, 3, 4):
                chip.put(sector * SIZE, erased(sector))
                one._wear[sector] = sector
            one._clean = [2, 3, 4]
            chip.put(BASE + 100, QUIET)
            chip.refuse = {("program", BASE + 100): refused}
            one._unsure = one._calm = one._undone = one._unsealed = True
            one._open(copies)
            wrong.same(f"{copies}, {refused}", chip.done(), [zeros(100, 4), *opened(2, 10, 2, copies)])
            wrong.same("flags", flags(one), (False, False, False, False, True, copies))
            wrong.same("head", (one._at, one._order), (FIRST, [1, SECTOR, 2]))
    return wrong.out


def given_up() -> "list[str]":
    """Where the records end of a head that was given up is known from when the next one is opened; of no other."""
    wrong = Wrong()
    for leaving, stuck, known, want in (
        ([], [], {}, {}),
        ([1], [1], {}, {}),
        ([1, SECTOR], [], {}, {SECTOR: 76}),
        ([], [SECTOR], {}, {SECTOR: 76}),
        ([SECTOR], [], {SECTOR: 64}, {SECTOR: 64}),
        ([], [], {1: 60}, {1: 60}),
    ):
        chip, one = tail()
        for sector in (2, 3, 4):
            chip.put(sector * SIZE, erased(sector))
        one._clean, one._leaving, one._stuck = [2, 3, 4], list(leaving), list(stuck)
        one._sectors.ends, one._end, one._at = dict(known), 76, SIZE
        one._open(False)
        wrong.same(f"{leaving}, {stuck}, {known}", one._sectors.ends, want)
    chip, one = tail()
    one._put_seal()
    wrong.same("behind a seal", one._end, 108)
    chip.refuse = {("program", ANY): 1}
    wrong.refused("refused", PROGRAM, one._put_seal)
    wrong.same("not behind one that was refused", one._end, 108)
    return wrong.out


def copies_end() -> "list[str]":
    """Before the first record of another kind: the touch is completed, and after a cut what is behind is settled."""
    wrong = Wrong()
    touch: Asked = ("program", BASE + 24, bytes(8))
    for unsure in (False, True):
        chip, one = tail()
        chip.put(BASE, head(9, 1, True))
        one._copies, one._unsure = True, unsure
        one._end_copies()
        rest = [zeros(100, 144), ("program", BASE + 244, QUIET)] if unsure else []
        wrong.same(f"{unsure}", joined(chip.done()), [touch, *rest])
        wrong.same(f"{unsure}, then", ends(one), (244 if unsure else 100, [], 0, 0))
        wrong.same(f"{unsure}, flags", flags(one), (False, unsure, False, False, False, False))
        wrong.same("head", chip.at(BASE, 48), head(9, 1))
    chip, one = tail()
    chip.put(BASE + 24, b"\xff" * 8)
    chip.put(BASE + 244, BEGUN)
    one._copies = one._unsure = True
    one._end_copies()
    want = [touch, ("program", BASE + 244, BEGUN), zeros(252, 144), ("program", BASE + 396, QUIET)]
    wrong.same("begun", joined(chip.done()), want)
    wrong.same("begun, then", (one._at, flags(one)), (396, (False, True, False, False, False, False)))
    chip, one = tail()
    one._copies = one._unsure = True
    chip.refuse = {("program", ANY): 1}
    wrong.refused("refused", PROGRAM, one._end_copies)
    wrong.same("refused, then", (one._at, flags(one)), (100, (True, False, False, False, False, True)))
    return wrong.out


ALL = (fresh, seeks, settles, calm, unsettled, begins, seals, opens, given_up, copies_end)
