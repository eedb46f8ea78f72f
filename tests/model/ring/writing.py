# SPDX-License-Identifier: MIT
"""Appending, copying, sealing: exactly what is programmed, and where it goes on."""

from agent.store.ring.writer import Writer
from tests.model.ring import chip as c
from tests.model.ring.chip import (
    ANY,
    FIRST,
    HALF,
    QUIET,
    SEAL,
    SIZE,
    Asked,
    Chip,
    Wrong,
    erased,
    head,
    record,
)
from tests.model.ring.records import body
from tests.model.ring.turns import lists, opened

SECTOR = 1
BASE = SECTOR * SIZE
SEQUENCE = 9
OLDER = 0
CLEAN = [2, 3, 4, 5]
HOLD, PROGRAM = "flash does not hold what is programmed", "flash can't be programmed"


def writer(at: int = 100, clean: "list[int] | None" = None, copies: bool = False) -> "tuple[Chip, Writer]":
    """A writer with a head, and clean sectors that were erased as often as their numbers say."""
    chip = Chip()
    one = Writer(chip)
    chip.put(BASE, head(SEQUENCE, 1, copies))
    one._sequence = one._sectors.sequences[SECTOR] = SEQUENCE
    one._order, one._at, one._copies, one._marked = [OLDER, SECTOR], at, copies, True
    one._end = at
    one._clean = list(CLEAN if clean is None else clean)
    for sector in one._clean:
        chip.put(sector * SIZE, erased(sector))
        one._wear[sector] = sector
    return chip, one


def flags(one: Writer) -> "tuple[bool, ...]":
    """What it knows: calm, undone, unsealed, copies, unsure."""
    return one._calm, one._undone, one._unsealed, one._copies, one._unsure


def put(at: int, kind: int, what: bytes, sector: int = SECTOR, sequence: int = SEQUENCE) -> "list[Asked]":
    """What is programmed for a record."""
    data = record(sequence, at, kind, what)
    addr = sector * SIZE + at
    parts = [(0, 12), (76, 78)] if kind == c.TALLY else [(0, len(data))]
    out: list[Asked] = []
    for start, stop in parts:
        while start < stop:
            to = min(stop, start + c.PAGE - (addr + start) % c.PAGE)
            out.append(("program", addr + start, data[start:to]))
            start = to
    return out


def zeros(at: int, size: int, sector: int = SECTOR) -> Asked:
    """A program of zeros."""
    return ("program", sector * SIZE + at, bytes(size))


def fresh() -> "list[str]":
    """Nothing is to be undone at first."""
    wrong = Wrong()
    one = Writer(Chip())
    wrong.same("undo", (len(one._undo), len(one._out), len(one._back)), (0, 134, 134))
    one._pay_undo()
    wrong.same("undone", one._undone, False)
    return wrong.out


def appends() -> "list[str]":
    """A record of each length at its place, read back, and the next one behind its padding."""
    wrong = Wrong()
    last = SIZE - 136, 128, 3
    for at, size, kind in ((100, 2, 1), (100, 10, 254), (100, 3, 4), (100, 128, 3), (48, 72, c.TALLY), last):
        chip, one = writer(at)
        one._strikes[SECTOR] = 1
        name = f"{size} at {at}"
        wrong.same(name, one.append(kind, body(size)), BASE + at)
        wrong.same(name + ", asked", chip.done(), put(at, kind, body(size)))
        behind = at + (6 + size + 3) // 4 * 4
        wrong.same(name + ", on", (one._at, one._end), (behind, behind))
        wrong.same(name + ", flags", flags(one), (False, False, True, False, False))
        wrong.same(name + ", strikes", one._strikes[SECTOR], 0)
        if kind != c.TALLY:
            wrong.same(name + ", read", (one.read(BASE + at), one.length_at(BASE + at)), (body(size), size))
    chip, one = writer(100)
    one.append(c.TALLY, bytes(6) + b"\xff" * 64 + b"\xff\x00")
    one.mark(BASE + 100, b"\x00\x00")
    one.mark(BASE + 100, b"\x00", 5)
    marks = [zeros(112, 2), zeros(117, 1)]
    wrong.same("marks", chip.done()[2:], marks)
    chip.refuse = {("program", ANY): 1}
    wrong.refused("a mark", PROGRAM, one.mark, BASE + 100, b"\x00", 9)
    wrong.refused("nothing there", "a record is damaged", one.read, BASE + 300, by="Damaged")
    return wrong.out


def opening() -> "list[str]":
    """Another head is opened when a record has no place, a word before it and what it undoes counted."""
    wrong = Wrong()
    for at, size, calm, undone, goes_on in (
        (SIZE - 16, 10, False, False, True),
        (SIZE - 12, 10, False, False, False),
        (SIZE, 2, False, False, False),
        (SIZE - 24, 10, True, False, True),
        (SIZE - 20, 10, True, False, False),
        (SIZE - 24, 10, False, True, True),
        (SIZE - 20, 10, False, True, False),
    ):
        chip, one = writer(at)
        one._calm, one._undone = calm, undone
        word = [zeros(at, 4)] if calm else [("program", BASE + at, SEAL)] if undone and goes_on else []
        if calm:
            chip.put(BASE + at, QUIET)
        addr = one.append(4, body(size))
        name = f"{size} at {at}, {calm}, {undone}"
        if goes_on:
            at += 8 if word else 0
            wrong.same(name, (addr, chip.done()), (BASE + at, word + put(at, 4, body(size))))
        else:
            want = [*word, *opened(2, 10, 2), *put(FIRST, 4, body(size), 2, 10)]
            wrong.same(name, (addr, chip.done()), (2 * SIZE + FIRST, want))
            wrong.same(name + ", order", one._order, [OLDER, SECTOR, 2])
    chip, one = writer(SIZE, [2, 3])
    wrong.refused("the reserve", "only the reserve is left", one.append, 4, body(10), by="StoreFull")
    wrong.same("nothing is asked", (chip.done(), one._order), ([], [OLDER, SECTOR]))
    chip, one = writer()
    one._order = []
    wrong.same("no head", (one.append(4, body(2)), one._order), (2 * SIZE + FIRST, [2]))
    return wrong.out


def calm() -> "list[str]":
    """Behind a start: the quiet word is made a begun one, then the record."""
    wrong = Wrong()
    chip, one = writer()
    chip.put(BASE + 100, QUIET)
    one._calm = one._found = True
    one.append(4, body(10))
    want = [("program", BASE + 104, HALF), zeros(100, 4), *put(108, 4, body(10))]
    wrong.same("asked", chip.done(), want)
    wrong.same("flags", flags(one), (False, False, True, False, False))
    return wrong.out


def to_copies() -> "list[str]":
    """A head of copies takes another record only while the reserve is there without it."""
    wrong = Wrong()
    touch = ("program", BASE + 24, bytes(8))
    for clean, dirty in (([2, 3], []), ([2], [3]), ([], [2, 3]), ([2, 3, 4], [])):
        chip, one = writer(100, clean, True)
        one._dirty = list(dirty)
        one.append(4, body(10))
        wrong.same(f"{clean}, {dirty}", chip.done(), [touch, *put(100, 4, body(10))])
        wrong.same(f"{clean}, {dirty}, flags", flags(one), (False, False, True, False, False))
    chip, one = writer(100, [2], True)
    wrong.refused("less", "a collection needs the head", one.append, 4, body(10), by="StoreFull")
    wrong.same("less, asked", (chip.done(), flags(one)), ([], (False, False, False, True, False)))
    chip, one = writer(SIZE - 100, None, True)
    one.append(4, body(10))
    wrong.same("closed", chip.done(), put(SIZE - 100, 4, body(10)))
    chip, one = writer(SIZE - 8, None, True)
    one.append(4, body(10))
    wrong.same("full", chip.done(), opened(2, 10, 2) + put(FIRST, 4, body(10), 2, 10))
    return wrong.out


def copying() -> "list[str]":
    """A copy goes to the head as it is, and again to the same place after an error."""
    wrong = Wrong()
    for kind, size in ((3, 10), (c.TALLY, 72), (1, 3)):
        chip, one = writer(100, None, True)
        one._unsure = True
        one._strikes[SECTOR] = 1
        wrong.same(f"{size}", (one.copy(kind, body(size)), chip.done()), (BASE + 100, put(100, kind, body(size))))
        behind = 100 + (6 + size + 3) // 4 * 4
        wrong.same(f"{size}, on", (one._at, one._end, one._strikes[SECTOR]), (behind, behind, 0))
        wrong.same(f"{size}, flags", flags(one), (False, False, False, True, False))
    chip, one = writer(100, None, True)
    one._unsure = True
    chip.refuse = {("program", ANY): 2}
    wrong.refused("refused", HOLD, one.copy, 3, body(10))
    wrong.same("refused, then", (one._at, one._strikes[SECTOR], one._leaving, one._unsure), (100, 1, [], True))
    wrong.refused("again", HOLD, one.copy, 3, body(10))
    wrong.same("again, then", (one._at, one._strikes[SECTOR], one._leaving), (SIZE, 0, [SECTOR]))
    wrong.same("retired", (chip.done(), one.retired()), (put(100, 3, body(10)) * 2, 0))
    wrong.same("where whole ones end", one._end, 100)
    chip, one = writer(100, None, True)
    chip.lies = {BASE + 100: True}
    wrong.refused("a lie", HOLD, one.copy, 3, body(10))
    wrong.same("a lie, then", (one._at, one._leaving, one.retired()), (SIZE, [SECTOR], 1))
    return wrong.out


def sealing() -> "list[str]":
    """A seal when something was written since the last, with a place for it and a word before; never among copies."""
    wrong = Wrong()
    seal = ("program", BASE + 100, SEAL)
    chip, one = writer()
    one.seal()
    wrong.same("nothing new", chip.done(), [])
    one._unsealed = True
    one.seal()
    one.seal()
    wrong.same("once", (chip.done(), one._at, flags(one)), ([seal], 108, (False,) * 5))
    for at, want in ((SIZE - 16, [zeros(SIZE - 16, 4), ("program", BASE + SIZE - 8, SEAL)]), (SIZE - 12, [])):
        chip, one = writer(at)
        chip.put(BASE + at, QUIET)
        one._unsealed = one._calm = True
        one.seal()
        wrong.same(f"at {at}", (chip.done(), one._unsealed), (want, not want))
    chip, one = writer(100, None, True)
    one._unsealed = True
    one.seal()
    wrong.same("copies", (chip.done(), one._unsealed), ([], True))
    one._copies, one._order = False, []
    one.seal()
    wrong.same("no head", chip.done(), [])
    chip, one = writer(116)
    one._unsealed, one._undo = True, one._sectors.zeros(BASE + 100, 16)
    one.seal()
    wrong.same("what is undone first", chip.done(), [zeros(100, 16), ("program", BASE + 116, SEAL)])
    wrong.same("flags", (flags(one), len(one._undo)), ((False,) * 5, 0))
    chip, one = writer()
    one._unsealed = True
    chip.refuse = {("program", ANY): 1}
    wrong.refused("refused", PROGRAM, one.seal)
    wrong.same("refused, then", (one._at, one._strikes[SECTOR], flags(one)[1:3]), (100, 1, (True, True)))
    one.seal()
    wrong.same("repeated", chip.done(), [seal, seal])
    one._unsealed, one._at = True, 100
    one._order, one._strikes[SECTOR] = [3, SECTOR], 1
    chip.refuse = {("program", ANY): 1}
    wrong.refused("twice in a row", PROGRAM, one.seal)
    wrong.same("twice, then", (one._at, one._leaving, one.retired()), (SIZE, [SECTOR], 0))
    return wrong.out


def killing() -> "list[str]":
    """A kill that is refused has its sector emptied; it is no proof that it is bad."""
    wrong = Wrong()
    for sector in (SECTOR, 3):
        for refused in (0, 1):
            chip, one = writer()
            one._order = [3, SECTOR]
            chip.put(sector * SIZE + 60, record(SEQUENCE, 60, 4, body(10)))
            chip.refuse = {("program", ANY): refused}
            one.kill(sector * SIZE + 60)
            wrong.same(f"{sector}", chip.done(), [zeros(61, 13, sector)])
            closed = SIZE if refused and sector == SECTOR else 100
            have = lists(one)[-1], one.retired(), one._at
            wrong.same(f"{sector}, {refused}", have, ([sector] if refused else [], 0, closed))
    return wrong.out


ALL = (fresh, appends, opening, calm, to_copies, copying, sealing, killing)
