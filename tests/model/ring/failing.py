# SPDX-License-Identifier: MIT
"""Appends that fail: what was begun is undone, tried again behind it, and then in another sector. And the confirming of
what a cut may have left weak."""

from agent.store.ring import marks
from agent.store.ring.writer import Writer
from tests.model.ring.chip import ANY, FIRST, HALF, LOG, QUIET, SEAL, SIZE, Asked, Wrong, head, in_use, record
from tests.model.ring.records import body
from tests.model.ring.turns import opened
from tests.model.ring.writing import BASE, HOLD, OLDER, SECTOR, SEQUENCE, flags, put, writer, zeros

BODY = body(10)


def at(place: int) -> "list[Asked]":
    """The record of all of these in the head."""
    return put(place, 4, BODY)


def seal(place: int) -> Asked:
    """A seal in the head."""
    return ("program", BASE + place, SEAL)


def other(end: int) -> "list[Asked]":
    """The record in the next head, which says where those of the one before end."""
    touch, use = opened(2, 10, 2)
    return [touch, ("program", 2 * SIZE + 12, marks.note(1, end)), use, *put(FIRST, 4, BODY, 2, 10)]


THERE = 2 * SIZE + FIRST


def state(one: Writer) -> "tuple[int, int, list[int], int, int]":
    """Where it goes on, the head's refusals, who leaves, how many are retired, what is still to be undone."""
    return one._at, one._strikes[SECTOR], one._leaving, one.retired(), len(one._undo)


def refused() -> "list[str]":
    """It is undone, a seal says where the next one begins, and that is tried; at the second refusal another sector."""
    wrong = Wrong()
    chip, one = writer(300)
    chip.refuse = {("program", BASE + 300): 1}
    want = [*at(300), zeros(300, 16), seal(316), *at(324)]
    wrong.same("once", (one.append(4, BODY), chip.done()), (BASE + 324, want))
    wrong.same("once, then", (state(one), flags(one)), ((340, 0, [], 0, 0), (False, False, True, False, False)))
    chip, one = writer(300)
    chip.refuse = {("program", BASE + 300): 1, ("program", BASE + 324): 1}
    want[4:] = [zeros(324, 16), *other(324)]  # a seal says that all before it is whole
    wrong.same("twice", (one.append(4, BODY), chip.done()), (THERE, want))
    wrong.same("twice, then", state(one), (FIRST + 16, 0, [SECTOR], 0, 0))
    chip, one = writer(300)
    chip.refuse = {("program", BASE + 300): 1, ("program", BASE + 324): 1, ("program", THERE): 1}
    wrong.refused("three times", HOLD, one.append, 4, BODY)
    wrong.same("three times, asked", chip.done(), [*want, zeros(FIRST, 16, 2)])
    have = one._order, one._at, one._strikes[2], one._undone, one._unsealed
    wrong.same("three times, then", have, ([OLDER, SECTOR, 2], FIRST + 16, 1, True, True))
    one.append(4, BODY)
    behind: Asked = ("program", THERE + 16, SEAL)
    wrong.same("and again", chip.done(), [behind, *put(FIRST + 24, 4, BODY, 2, 10)])
    return wrong.out


def not_undone() -> "list[str]":
    """Zeros are tried eight times; a head that takes none is closed, and no bad one for that."""
    wrong = Wrong()
    for times in (1, 7, 8):
        chip, one = writer(300)
        chip.refuse = {("program", ANY): 1 + times}
        addr = one.append(4, BODY)
        undo = [zeros(300, 16)] * min(8, times + 1)
        rest = [seal(316), *at(324)] if times < 8 else other(300)
        wrong.same(f"{times}", (addr, chip.done()), (BASE + 324 if times < 8 else THERE, [*at(300), *undo, *rest]))
        wrong.same(f"{times}, then", state(one)[1:], (0, [] if times < 8 else [SECTOR], 0, 0))
    chip, one = writer(SIZE - 200)
    chip.refuse = {("program", ANY): 9}
    one.append(4, body(60))
    wrong.same("zeros to the end of its padding", chip.done()[1:9], [zeros(SIZE - 200, 68)] * 8)
    return wrong.out


def not_held() -> "list[str]":
    """What does not read back is undone; its sector is retired at once."""
    wrong = Wrong()
    chip, one = writer(300)
    chip.lies = {BASE + 300: True}
    wrong.same("a lie", (one.append(4, BODY), chip.done()), (THERE, [*at(300), zeros(300, 16), *other(300)]))
    wrong.same("a lie, then", (state(one)[1:], one._is_bad(SECTOR)), ((0, [SECTOR], 1, 0), True))
    chip, one = writer(SIZE - 20)
    chip.lies = {BASE + SIZE - 20: True}
    one.append(4, BODY)
    wrong.same("in a head that is full now", (state(one)[1:4], one._is_bad(SECTOR)), ((0, [], 0), False))
    return wrong.out


def no_heap() -> "list[str]":
    """A heap that is full is no fault of the flash: the sector is kept, however often; zeros come before the next one.
    """
    wrong = Wrong()
    chip, one = writer(300)
    chip.error = MemoryError
    chip.refuse = {("program", BASE + 300): 1, ("program", BASE + 324): 1}
    want = [*at(300), zeros(300, 16), seal(316), *at(324), zeros(324, 16), seal(340), *at(348)]
    wrong.same("twice", (one.append(4, BODY), chip.done()), (BASE + 348, want))
    wrong.same("twice, then", state(one), (364, 0, [], 0, 0))
    chip, one = writer(300)
    chip.error = MemoryError
    chip.refuse = {("program", ANY): 2}
    want = [*at(300), zeros(300, 16), zeros(300, 16), seal(316), *at(324)]
    wrong.same("for zeros", (one.append(4, BODY), chip.done()), (BASE + 324, want))
    chip, one = writer(300)
    chip.error = MemoryError
    chip.refuse = {("program", BASE + place): 1 for place in (300, 324, 348)}
    wrong.refused("three times", HOLD, one.append, 4, BODY)
    wrong.same("three times, then", state(one), (364, 0, [], 0, 0))
    return wrong.out


def no_room() -> "list[str]":
    """A word or a sector that is refused is a try as well; only a head that could take more counts it as its own."""
    wrong = Wrong()
    chip, one = writer(300)
    chip.put(BASE + 300, QUIET)
    one._calm = True
    chip.refuse = {("program", BASE + 300): 1}
    want = [zeros(300, 4)] * 2 + at(308)
    wrong.same("quiet", (one.append(4, BODY), chip.done()), (BASE + 308, want))
    chip, one = writer(300)
    chip.put(BASE + 300, QUIET)
    one._calm = one._found = True
    chip.refuse = {("program", BASE + 304): 2, ("program", BASE + 300): 1}
    half: Asked = ("program", BASE + 304, HALF)
    wrong.same("twice", (one.append(4, BODY), chip.done()), (THERE, [half, half, *other(300)]))
    wrong.same("twice, then", state(one), (FIRST + 16, 0, [SECTOR], 0, 0))
    chip, one = writer(316)
    one._undone = True
    chip.refuse = {("program", BASE + 316): 1}
    wrong.same("a seal", (one.append(4, BODY), chip.done()), (BASE + 324, [seal(316), seal(316), *at(324)]))
    wrong.same("a seal, then", state(one), (340, 0, [], 0, 0))
    for order in ([OLDER, SECTOR], []):
        chip, one = writer(SIZE, [])
        one._order, one._dirty = list(order), [2, 3, 4]
        chip.refuse = {("erase", ANY): 3}
        one.append(4, BODY)
        wrong.same(f"erases, {order}", one._order, [*order, 4])
        chip, one = writer(SIZE, [])
        one._order, one._dirty = list(order), [2, 3, 4]
        chip.refuse = {("erase", ANY): -1}
        wrong.refused(f"all erases, {order}", HOLD, one.append, 4, BODY)
        wrong.same(f"all erases, {order}, then", (state(one), one._order), ((SIZE, 0, [], 0, 0), order))
    return wrong.out


def confirmed() -> "list[str]":
    """What the last program before a cut may have been is programmed again, as it reads; whether it is whole now."""
    wrong = Wrong()
    data = record(SEQUENCE, 300, LOG, BODY)
    mark: list[Asked] = [zeros(16, 8), ("program", BASE + 32, in_use(SEQUENCE, 1))]
    weak = bytes([SEAL[0] & 0x7F]) + SEAL[1:7] + b"\xff"
    whole: list[Asked] = [("program", BASE + 300, data)]
    for copies in (False, True):
        opened_at = [] if copies else [zeros(24, 8)]
        for last, sealed, want in (
            (0, b"", [*mark, *opened_at]),
            (BASE + 300, b"", [*opened_at, *whole]),
            (BASE + 300, SEAL, [*opened_at, seal(316)]),
            (BASE + 300, weak, [*opened_at, ("program", BASE + 316, weak[:1] + SEAL[1:])]),
            (0, SEAL, [*mark, *opened_at, seal(316)]),
        ):
            chip, one = writer(300, None, copies)
            chip.put(BASE + 300, data + sealed)
            one._sectors.tail, one._sectors.sealed = 324, bool(sealed)
            name = f"{copies}, {last}, {sealed!r}"
            wrong.same(name, (one.confirm(SECTOR, last, LOG, BODY), chip.done()), (True, want))
            for place in {addr for _, addr, _ in want}:
                chip.power_up(1)
                chip.refuse = {("program", place): 1}
                wrong.same(f"{name}, refused at {place}", one.confirm(SECTOR, last, LOG, BODY), False)
    chip, one = writer(300)
    chip.put(BASE + 300, data[:-1] + b"\x00")
    chip.lies = {BASE + 300: True}
    wrong.same("it does not hold", one.confirm(SECTOR, BASE + 300, LOG, BODY), False)
    chip, one = writer(300)
    chip.put(BASE, head(SEQUENCE, 1)[:44] + b"\x00" * 4)
    wrong.same("no use mark", (one.confirm(SECTOR, 0, LOG, BODY), chip.done()), (False, []))
    return wrong.out


ALL = (refused, not_undone, not_held, no_heap, no_room, confirmed)
