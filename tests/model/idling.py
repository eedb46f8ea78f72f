# SPDX-License-Identifier: MIT
"""What idle time does next, and how it empties one sector after the other. Each function returns what is wrong."""

from agent.errors import StoreError, StoreFull
from agent.store import tables
from agent.store.journal import Journal
from agent.store.ring.layout import VALUE
from tests.model.gathered import EACH, SIZE, TAKEN, filled, put, stands, store_of, where
from tests.model.nor import Nor
from tests.model.ring.chip import Chip, Wrong
from tests.power.world import open_store

VALUES = tables.CONFIG


def ordered(sectors: "list[int]", values: int) -> tables.Store:
    """A store that takes its sectors in this order; behind them there is one more, which is in use already."""
    _, store = store_of(len(sectors) + 1)
    store._journal._clean = list(sectors)
    for number in range(values):
        put(store, number)
    return store


class Fed:
    """Feeds a watchdog. `count`: how often it did."""

    count = 0

    def __call__(self) -> None:
        self.count += 1


class Idle(Journal):
    """Six sectors of which nothing is known. `calls`: what idle time comes to; each says and does what it is told to.
    """

    def __init__(self) -> None:
        super().__init__(Chip())
        self.calls: list[object] = []
        self._settled = True
        self._order, self._at = [2, 0, 1], 100
        self.saves = self.full = self.erases = self.works = False

    def seal(self) -> None:
        self.calls.append("seal")

    def save_retired(self) -> bool:
        self.calls.append("save")
        if self.full:
            raise StoreFull("no room")
        return self.saves

    def prepare(self) -> bool:
        self.calls.append("erase")
        return self.erases

    def compact(self, index: object, slice_only: bool = False) -> bool:
        self.calls.append(("compact", slice_only))
        return self.works

    def _collect(self, index: object) -> bool:
        self.calls.append("collect")
        return self.works

    def _open(self, copies: bool) -> None:
        self.calls.append(("open", copies))


def next_slice() -> "list[str]":
    """Seals and saves first, then erases, opens, empties; nothing as long as the store is not known."""
    wrong = Wrong()
    first: list[object] = ["seal", "save"]
    clean = {count: list(range(count)) for count in range(7)}
    copies: list[object] = [*first, ("compact", True), "erase"]
    for name, given, calls, more, barren in (
        ("not known", {"_settled": False}, [], False, 0),
        ("saved", {"saves": True, "erases": True}, first, True, 0),
        ("no room to save", {"full": True, "saves": True, "erases": True}, [*first, "erase"], True, 0),
        ("to be erased", {"erases": True, "_at": SIZE, "_clean": clean[3]}, [*first, "erase"], True, 0),
        ("closed", {"_at": SIZE, "_clean": clean[3]}, [*first, "erase", ("open", False)], True, 0),
        ("closed, on the reserve", {"_at": SIZE, "_clean": clean[2]}, [*first, "erase", *copies[2:]], False, 1),
        ("done", {"_clean": clean[4]}, [*first, "erase"], False, 0),
        ("more than done", {"_clean": clean[5], "works": True}, [*first, "erase"], False, 0),
        ("less", {"_clean": clean[3], "works": True}, [*first, "erase", "collect"], True, 1),
        ("less, on the reserve", {"_clean": clean[2], "works": True}, [*first, "erase", "collect"], True, 1),
        ("once around", {"_barren": 3, "works": True}, [*first, "erase", "collect"], True, 4),
        ("without an end", {"_barren": 4, "works": True}, [*first, "erase"], False, 4),
        ("in the middle", {"_victim": 0, "_clean": clean[5], "works": True}, [*first, "collect"], True, 0),
        ("one leaves", {"_leaving": [2], "_clean": clean[5], "works": True}, [*first, "collect"], True, 0),
        ("nothing to empty", {"_leaving": [2]}, [*first, "collect", "erase"], False, 0),
        ("but to erase", {"_leaving": [2], "erases": True}, [*first, "collect", "erase"], True, 0),
        ("copies", {"_victim": 1, "_copies": True, "_clean": clean[4]}, copies, False, 0),
        ("copies, done", {"_victim": 1, "_copies": True, "works": True}, copies[:3], True, 0),
        ("reserve", {"_victim": 1, "_at": SIZE, "_clean": clean[1], "_dirty": [3]}, copies, False, 0),
        ("one more", {"_victim": 1, "_at": SIZE, "_clean": clean[3]}, [*first, "collect", "erase"], False, 0),
    ):
        one = Idle()
        for attribute, value in given.items():
            setattr(one, attribute, value)
        told = one.maintain(None, 4), one.calls, one._barren  # type: ignore[arg-type]
        wrong.same(name, told, (more, calls, barren))
    return wrong.out


def unknown() -> "list[str]":
    """What could not be mounted is left as it is; nothing is in the middle of anything at first."""
    wrong = Wrong()
    nor = Nor(6, SIZE, 256)
    nor.cells[:] = b"else" * (len(nor.cells) // 4)
    image = bytes(nor.cells)
    store = tables.Store(Journal(nor))
    try:
        store.mount()
        wrong.out.append("it was mounted")
    except StoreError:
        pass
    wrong.same("idle", (store.maintain(), bytes(nor.cells) == image), (False, True))
    one = Journal(nor)
    have = one._victim, one._cursor, one._barren, one._new, one._settled, one.repaired
    wrong.same("fresh", have, (-1, 0, 0, False, False, 0))
    return wrong.out


def room() -> "list[str]":
    """What is left of the head, and whole sectors but the reserve."""
    wrong = Wrong()
    for order, at, clean, dirty, want in (
        ([], SIZE, [], [], 0),
        ([], 100, [0, 1, 2], [], 976),
        ([3], 100, [], [], 924),
        ([3], 100, [0], [], 924),
        ([3], 100, [0], [1], 924),
        ([3], 100, [0, 2], [1], 924 + 976),
        ([3], SIZE, [0, 2], [1, 4], 2 * 976),
    ):
        one = Idle()
        one._order, one._at, one._clean, one._dirty = list(order), at, list(clean), list(dirty)
        wrong.same(f"{order}, {at}, {clean}, {dirty}", one.room(), want)
    return wrong.out


def superseded() -> "list[str]":
    """A start tells which records others took the place of; the newest counts."""
    wrong = Wrong()
    nor, store = store_of(6)
    put(store, 1)
    first = store.at(VALUE, VALUES + 1)
    store._supersede = lambda kind, place, addr: store.point(kind, place, addr)  # type: ignore[method-assign]
    put(store, 1)
    journal = Journal(nor.copy(nor.cells, {}, 1))
    index = tables.Store(journal)
    stale: list[int] = []
    journal.mount(index, stale, lambda *one: None)
    wrong.same("mounted", (stale, index.at(VALUE, VALUES + 1)), ([first], store.at(VALUE, VALUES + 1)))
    open_store(nor)
    wrong.same("killed at the start", nor.cells[first + 1 : first + 70], bytearray(69))
    return wrong.out


def opened() -> "list[str]":
    """A head for copies: what is emptied into it is found anew. Another one: there may have been something new."""
    wrong = Wrong()
    for copies, new, want in (
        (True, True, (-1, 3, True)),
        (True, False, (-1, 3, False)),
        (False, True, (2, 0, False)),
        (False, False, (2, 3, False)),
    ):
        _, store = filled(8, 3)
        journal = store._journal
        journal._victim, journal._barren, journal._new = 2, 3, new
        journal._open(copies)
        wrong.same(f"{copies}, {new}", (journal._victim, journal._barren, journal._new), want)
    return wrong.out


def chosen() -> "list[str]":
    """What must go first, in turn, or else the oldest that gives its head back; never the head, unless that must go."""
    wrong = Wrong()
    for leaving, stuck, victim, closed in (
        ([], [], 0, False),
        ([], [0], 1, False),
        ([2], [0], 2, False),
        ([1, 0], [], 1, False),
        ([3], [], 3, True),
        ([3, 0], [], 3, True),
    ):
        nor, store = filled(10, 3 * EACH + 1)
        journal = store._journal
        order = list(journal._order)
        journal._leaving, journal._stuck = [order[one] for one in leaving], [order[one] for one in stuck]
        journal._cursor = 500
        at = journal._at
        journal._empty = lambda index, add, slice_only: True  # type: ignore[method-assign]
        wrong.same(f"{leaving}, {stuck}", journal._collect(store), True)
        have = journal._victim, journal._cursor, journal._at
        wrong.same(f"{leaving}, {stuck}, chosen", have, (order[victim], 0, SIZE if closed else at))
    for order, stuck in (([4], []), ([4, 5], [4]), ([], [])):
        one = Idle()
        one._order, one._stuck = list(order), list(stuck)
        wrong.same(f"none of {order}", Journal._collect(one, None), False)  # type: ignore[arg-type]
        wrong.same("nothing begun", one._victim, -1)
    nor, store = filled(8, EACH + 1)
    journal = store._journal
    oldest = journal._order[0]
    wrong.same("of two", (journal._collect(store), journal._victim), (True, oldest))
    journal = ordered([2, 0, 1, 3, 4], 3 * EACH + 1)._journal
    wrong.same("sector 0 in the middle", journal._order, [5, 2, 0, 1])
    journal._victim, journal._cursor = 0, 48
    wrong.same("sector 0", (journal._collect(store), journal._victim), (True, 0))
    nor, store = filled(10, 3 * EACH + 1)
    journal = store._journal
    oldest = journal._order[0]
    journal._victim, journal._cursor = oldest, 48 + TAKEN
    journal._leaving = [journal._order[1]]
    journal._collect(store)
    still = [where(store, number) for number in range(EACH)].count(oldest)
    wrong.same("it goes on where it was", (journal._victim, still), (oldest, EACH - 8))
    wrong.same("the first was not looked at", where(store, 0), oldest)
    return wrong.out


def fills() -> "list[str]":
    """Idle time that meets the reserve goes on with copies alone; what it opens for itself is no room for others."""
    wrong = Wrong()
    nor, store = filled(8, 3 * EACH + 1)
    journal = store._journal
    journal._clean, spare = journal._clean[:2], journal._clean[2:]
    journal._barren, journal._at = 2, SIZE
    wrong.same("full", (journal._collect(store), journal._victim, journal._barren), (True, -1, 2))
    wrong.same("then", (journal._tight(), journal._order[-1] in spare), (True, False))
    nor, store = filled(10, 3 * EACH + 1)
    journal = store._journal
    journal._barren, journal._at, journal._new, head = 2, SIZE, True, journal._order[-1]
    journal._collect(store)
    wrong.same("another head", (journal._order[-1] != head, journal._barren, journal._new), (True, 2, True))
    journal._new = False
    put(store, 90)
    wrong.same("something new", (journal._new, journal._barren), (True, 2))
    journal._at = SIZE
    put(store, 91)
    wrong.same("and a head for it", (journal._new, journal._barren), (False, 0))
    while store.maintain():
        pass
    stands(nor, store, 3 * EACH + 1)
    return wrong.out


def ends() -> "list[str]":
    """Where no room is to be won, idle time ends: each sector is emptied once, and none without an end."""
    wrong = Wrong()
    nor, store = filled(8, 5 * EACH)
    store = open_store(nor)
    before = sum(nor.wear)
    slices = 0
    while store.maintain() and slices < 500:
        slices += 1
    spent = sum(nor.wear) - before
    wrong.same("it ends", (slices < 200, 5 <= spent <= 9), (True, True))
    wrong.same("and stays so", (store.maintain(), sum(nor.wear) - before), (False, spent))
    stands(nor, store, 5 * EACH)
    return wrong.out


ALL = (next_slice, unknown, room, superseded, opened, chosen, fills, ends)
