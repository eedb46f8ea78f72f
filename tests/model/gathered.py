# SPDX-License-Identifier: MIT
"""Collections and the reserve, a change of the flash at a time. Each function raises where that fails."""

from agent.errors import StoreFull
from agent.store import tables
from agent.store.journal import Journal
from agent.store.ring import marks
from agent.store.ring.layout import LOG, MARKS_AT, REACH, RETIRED, TALLY, VALUE
from tests.model.nor import Nor
from tests.power.world import entry, open_store

SIZE = 1024
TAKEN = 72  # of a value of 64 bytes
EACH = (SIZE - marks.FIRST) // TAKEN


def store_of(sectors: int = 8) -> "tuple[Nor, tables.Store]":
    """A blank one, all sectors erased."""
    nor = Nor(sectors, SIZE, 256)
    store = open_store(nor)
    while store.maintain():
        pass
    return nor, store


def put(store: tables.Store, number: int, ident: int = 0) -> None:
    """A value that fills its part of a sector."""
    store.put(ident or tables.CONFIG + number, bytes((number,)) * 64)


def filled(sectors: int, values: int, nor: "Nor | None" = None) -> "tuple[Nor, tables.Store]":
    """So many values, each once."""
    nor, store = store_of(sectors)
    for number in range(values):
        put(store, number)
    return nor, store


def stands(nor: Nor, store: tables.Store, values: int) -> None:
    """All of them, now and after a start, and each once."""
    for again in (store, open_store(nor.copy(nor.cells, nor.weak, 1))):
        assert [again.get(tables.CONFIG + number) for number in range(values)] == [
            bytes((number,)) * 64 for number in range(values)
        ]
        assert again.damage() == 0
    for number in range(1, values):
        assert bytes(nor.cells).count(bytes((number,)) * 64) == 1, number


def where(store: tables.Store, number: int) -> int:
    """The sector of a value."""
    return store.at(VALUE, tables.CONFIG + number) // SIZE


def weighed() -> None:
    """The sector with the fewest live bytes is the one that is emptied, the oldest of several."""
    nor, store = filled(10, 4 * EACH + 2)
    journal = store._journal
    order = list(journal._order)
    assert len(order) == 5
    assert journal._least(store, True) == (order[4], 2 * TAKEN)
    journal._at = SIZE
    assert journal._least(store, True) == (order[4], 2 * TAKEN), "a head that is closed, too"
    for number in (EACH, EACH + 1, 2 * EACH, 2 * EACH + 1):
        store.forget(VALUE, tables.CONFIG + number)
    store.forget(VALUE, tables.CONFIG + 4 * EACH)
    store.forget(VALUE, tables.CONFIG + 4 * EACH + 1)
    assert journal._least(store, True) == (order[4], 0)
    journal._stuck = [order[4]]
    assert journal._least(store, True) == (order[1], (EACH - 2) * TAKEN)
    journal._bad_at = order[1] * SIZE + 48
    assert journal._least(store, True) == (order[2], (EACH - 2) * TAKEN)
    journal._bad_at = order[2] * SIZE + 48
    assert journal._least(store, True) == (order[1], (EACH - 2) * TAKEN)
    journal._bad_at = 0
    journal._stuck, journal._copies, journal._at = [], True, 48
    assert journal._least(store, True)[0] == order[1], "a head for copies is not emptied as long as it takes more"
    journal._at = SIZE - REACH
    assert journal._least(store, True)[0] == order[1]
    journal._at = SIZE - REACH + 4
    assert journal._least(store, True)[0] == order[4]
    store.see(LOG, entry(0), order[4] * SIZE + 48)
    assert journal._least(store, True) == (order[4], 32) and journal._least(store, False) == (order[4], 0)
    assert journal._worth() == SIZE - 48 - 2 * 136
    journal._stuck = list(order)
    assert journal._least(store, True) == (-1, SIZE)


def slices() -> None:
    """Idle time empties the oldest sector, eight records at a time; each is there once, and the sector comes back."""
    nor, store = filled(8, 5 * EACH + 1)
    journal = store._journal
    oldest = journal._order[0]
    assert not store._journal._tight() and journal.clean() == 2
    store = open_store(nor)
    journal = store._journal
    moved = []
    for _ in range(60):
        before = [where(store, number) for number in range(EACH)].count(oldest)
        if not store.maintain():
            break
        moved.append(before - [where(store, number) for number in range(EACH)].count(oldest))
        stands(nor, store, 5 * EACH + 1)
    assert moved[0] == 8 == max(moved) and sum(moved) == EACH, moved


def newer(one: int, other: int) -> bool:
    """Whether a record at one address is later than one at another, in sectors of the sequences 5, 9 and 7."""
    journal = Journal(Nor(3, SIZE, 256))
    for sector, sequence in enumerate((5, 9, 7)):
        journal._sectors.sequences[sector] = sequence
    return journal.later(one, other)


def order() -> None:
    """Position is order: the sequence of the sector, then the place in it."""
    for one, other, want in (
        (1, 0, True),
        (0, 1, False),
        (5, 5, False),
        (SIZE, SIZE - 1, True),
        (SIZE - 1, SIZE, False),
        (2 * SIZE, SIZE, False),
        (SIZE, 3 * SIZE - 1, True),
        (2 * SIZE + 8, 2 * SIZE + 4, True),
        (2 * SIZE, SIZE - 1, True),
        (SIZE - 1, 2 * SIZE, False),
    ):
        assert newer(one, other) == want, (one, other)


def retirement() -> None:
    """Which sectors rest is kept once, moved with its sector, and what was kept before is killed."""
    nor, store = filled(9, 3)
    journal = store._journal
    assert journal.save_retired() is False
    gone: list[int] = []
    for number in range(2):
        gone.append(journal._clean.pop())
        before = journal._bad_at
        journal._retire(gone[-1])
        assert store.maintain() and journal._bad_at > before and not journal.save_retired()
        assert (nor.cells[before + 1] == 0) == (number > 0) and nor.cells[journal._bad_at + 1] == RETIRED
        again = open_store(nor.copy(nor.cells, {}, 1))._journal
        assert (again.retired(), again._bad_known, again._bad_at) == (number + 1, number + 1, journal._bad_at)
        assert not set(gone) & {*again._clean, *again._dirty}
    journal.append(77, b"not live") and journal.append(RETIRED, bytes(4))
    first, at = journal._order[0], journal._bad_at
    journal._leaving.append(first)
    while first in journal._order:
        assert store.maintain()
    assert journal._bad_at // SIZE != at // SIZE and nor.cells[journal._bad_at + 1] == RETIRED
    assert journal._sectors.body(journal._bad_at) == journal._bad
    stands(nor, store, 3)


def tally_moves() -> None:
    """A tally is moved with its marks."""
    nor, store = filled(8, 2)
    body = bytearray(b"\x00\x00\x00\x07\x00\x02" + b"\x00" * 3 + b"\xff" * 61 + b"\xff\x00")
    store.keep_tally(bytes(body))
    journal = store._journal
    journal.mark(store.at(TALLY, 0), b"\x00", 40)
    body[MARKS_AT + 40] = 0
    first = journal._order[0]
    journal._leaving.append(first)
    while first in journal._order:
        assert store.maintain()
    assert store.at(TALLY, 0) // SIZE != first and journal.read(store.at(TALLY, 0)) == body
    assert open_store(nor)._journal.read(store.at(TALLY, 0)) == body


def last_resort() -> None:
    """When no sector is left to copy to, one with nothing but entries of the log is given up; else it is full."""
    for entries in (True, False):
        nor, store = filled(4, 2 if entries else EACH)
        journal = store._journal
        if entries:
            for sequence in range(40):
                store.log_append(entry(sequence))
        journal._clean, journal._dirty, journal._resting, journal._at = [], [], [], SIZE
        full = False
        try:
            while len(journal._order) > 1 or not entries:
                assert journal.compact(store)
        except StoreFull:
            full = True
        assert full != entries
        if entries:
            assert store.log_next == 40 and store.log_read(39) is None or store.log_read(0) is None
            assert [store.get(tables.CONFIG + number) for number in (0, 1)] == [bytes(64), b"\x01" * 64]


ALL = (weighed, slices, order, retirement, tally_moves, last_resort)
