# SPDX-License-Identifier: MIT
"""How a sector is made clean: erased, looked at, marked; and what becomes of one that refuses, or does not erase."""

from tests.model.ring.chip import ANY, SIZE, Wrong, erased
from tests.model.ring.turns import ERASE, ZEROS, lists, ring


def prepared() -> "list[str]":
    """One sector is erased, counted, looked at and marked; the one that has waited least goes first."""
    wrong = Wrong()
    chip, one = ring()
    chip.put(4 * SIZE, bytes(SIZE))
    one._dirty, one._wear[4], one._strikes[4], one._clean, one._marked = [2, 4], 6, 2, [1], True
    wrong.same("one", one.prepare(), True)
    wrong.same("one, asked", chip.done(), [("erase", 4 * SIZE, b""), ("program", 4 * SIZE, erased(7))])
    wrong.same("one, lists", lists(one), ([], [1, 4], [2], [], [], []))
    wrong.same("one, counts", (one._wear[4], one._strikes[4], one.retired()), (7, 0, 0))
    wrong.same("another", (one.prepare(), one.prepare()), (True, False))
    wrong.same("none", lists(one), ([], [1, 4, 2], [], [], [], []))
    for fault in (OSError, MemoryError):
        for what in ("erase", "read", "program"):
            chip, one = ring()
            chip.refuse = {(what, ANY): 1}
            chip.error = fault
            one._dirty = [2, 4]
            one._strikes[4] = 1
            wrong.refused(f"{what}, {fault}", ERASE, one.prepare)
            wrong.same(f"{what}, lists", lists(one), ([], [], [4, 2], [], [], []))
            chip.refuse = {(what, ANY): 1}
            one._dirty = [4]
            one._resting = [5]
            wrong.refused(f"{what}, {fault}, the third time", ERASE, one.prepare)
            wrong.same(f"{what}, at rest", lists(one), ([], [], [], [4, 5], [], []))
            wrong.same(f"{what}, counts", (one._strikes[4], one.retired()), (3, 0))
    for name, stuck, lies in (("erase", {4: "erase"}, {}), ("mark", {}, {4 * SIZE: True})):
        chip, one = ring()
        chip.stuck, chip.lies = stuck, lies
        one._dirty, one._strikes[4], one._marked = [2, 4], 1, True
        wrong.same(name, one.prepare(), True)
        wrong.same(name + ", lists", lists(one), ([], [2], [], [], [], []))
        wrong.same(name + ", retired", (one._is_bad(4), one.retired(), one._strikes[4]), (True, 1, 1))
        asked = [what for what, addr, _ in chip.done() if addr // SIZE == 4]
        wrong.same(name + ", asked", asked, ["erase"] if name == "erase" else ["erase", "program"])
        one._dirty = [4]
        wrong.same(name + ", alone", one.prepare(), False)
    return wrong.out


def labelled() -> "list[str]":
    """On a blank chip another sector is marked before the first erase, so that it is known for a store."""
    wrong = Wrong()
    chip, one = ring()
    one._marked = False
    one._dirty = [1, 3, 2]
    chip.put(SIZE + 900, bytes(1))
    one.prepare()
    label = [("program", 3 * SIZE + 16, ZEROS), ("program", 3 * SIZE, erased(0))]
    wrong.same("first", chip.done(), [*label, ("erase", 2 * SIZE, b""), ("program", 2 * SIZE, erased(1))])
    wrong.same("lists", lists(one), ([], [2], [1, 3], [], [], []))
    one.prepare()
    wrong.same("second", chip.done(), [("erase", 3 * SIZE, b""), ("program", 3 * SIZE, erased(1))])
    chip, one = ring()
    one._marked = False
    one._dirty = [1, 3, 2]
    chip.refuse = {("erase", ANY): 1}
    wrong.refused("refused", ERASE, one.prepare)
    wrong.same("marked", (chip.at(SIZE, 32), one._marked), (erased(0) + ZEROS, True))
    chip.done()
    one.prepare()
    wrong.same("not again", chip.done()[:1], [("erase", 3 * SIZE, b"")])
    chip, one = ring()
    one._marked = False
    one._dirty = [4]
    one.prepare()
    wrong.same("nothing to mark", chip.done(), [("erase", 4 * SIZE, b""), ("program", 4 * SIZE, erased(1))])
    wrong.same("marked by its own", one._marked, True)
    chip, one = ring()
    one._marked = False
    one._dirty = [1, 4]
    chip.put(SIZE, bytes(1))
    one._label()
    wrong.same("not one with data", (chip.done()[0][1], one._marked), (4 * SIZE + 16, True))
    return wrong.out


def erases() -> "list[str]":
    """When one has to be erased now, each is tried, and those at rest when there are no others."""
    wrong = Wrong()
    chip, one = ring()
    one._dirty, one._resting = [1, 2, 3], [4]
    chip.refuse = {("erase", 3 * SIZE): 1, ("erase", 2 * SIZE): 1}
    one._erase_one()
    wrong.same("the third", lists(one), ([], [1], [2, 3], [4], [], []))
    chip, one = ring()
    one._resting = [4, 5]
    one._erase_one()
    wrong.same("one at rest", lists(one), ([], [5], [4], [], [], []))
    chip, one = ring()
    wrong.refused("none", "no sector is left", one._erase_one, by="StoreFull")
    one._dirty = [1, 2]
    chip.refuse = {("erase", ANY): -1}
    wrong.refused("all refuse", ERASE, one._erase_one)
    wrong.same("each once", [addr // SIZE for what, addr, _ in chip.done() if what == "erase"], [2, 1])
    chip, one = ring()
    one._dirty = [1, 2]
    chip.stuck = {1: "erase", 2: "erase"}
    wrong.refused("all bad", "no sector is left", one._erase_one, by="StoreFull")
    wrong.same("retired", (one.retired(), lists(one)), (2, ([], [], [], [], [], [])))
    return wrong.out


ALL = (prepared, labelled, erases)
