# SPDX-License-Identifier: MIT
"""Collections on the reserve, by copies alone: which sector, where to, how far. Each function returns what is wrong."""

from agent.errors import StoreFull
from agent.store import tables
from agent.store.ring.layout import REACH
from tests.model.gathered import EACH, SIZE, TAKEN, filled, stands, where
from tests.model.idling import Fed, ordered
from tests.model.nor import Nor
from tests.model.ring.chip import Wrong
from tests.power.world import entry

VALUE, VALUES = 4, tables.CONFIG


def emptied_by_copies() -> "list[str]":
    """On the reserve: the least is copied, a slice or all of it; a sector with nothing in it is only given back."""
    wrong = Wrong()
    for some in (True, False):
        nor, store = filled(8, 4 * EACH)
        journal = store._journal
        order = list(journal._order)
        for number in range(EACH + 9, 2 * EACH):
            store.forget(VALUE, VALUES + number)
        journal._clean, journal._at = journal._clean[:2], SIZE
        reserve = list(journal._clean)
        undo = journal._sectors.zeros(order[-1] * SIZE + SIZE - 12, 12)
        journal._undo = undo
        journal.beat = fed = Fed()
        wrong.same(f"{some}", (journal.compact(store, True) if some else journal.compact(store)), True)
        wrong.same("what was begun is undone first", (journal._undo, journal._order[-1] in reserve), ((), True))
        wrong.same("the watchdog is fed", fed.count, 1)
        left = [where(store, number) for number in range(EACH, EACH + 9)].count(order[1])
        wrong.same(f"{some}, of its records", left, 1 if some else 0)
        have = journal._copies, order[1] in journal._order, journal._victim
        wrong.same(f"{some}, then", have, (True, some, order[1] if some else -1))
        if some:
            journal.compact(store, True)
            journal.compact(store, True)
            wrong.same("three slices", (order[1] in journal._order, journal._victim), (False, -1))
    nor, store = filled(8, 4 * EACH)
    journal = store._journal
    order = list(journal._order)
    for number in range(EACH, 2 * EACH):
        store.forget(VALUE, VALUES + number)
    journal._clean, journal._at = journal._clean[:2], SIZE
    wrong.same("nothing in it", journal.compact(store), True)
    now = len(journal._clean), journal._order, journal._dirty, journal._victim
    wrong.same("no head is opened for it", now, (2, [order[0], *order[2:]], [order[1]], -1))
    return wrong.out


def _weighing(victim: int, weight: int) -> "Callable[[object, bool], tuple[int, int]]":
    return lambda index, log: (victim, weight)


def worth() -> "list[str]":
    """A sector that is full but for two records is not emptied: that wins nothing. No head is opened for it either."""
    wrong = Wrong()
    most = SIZE - 48 - 2 * REACH
    for weight, copies, at, want in (
        (most, False, SIZE, (True, 3, 1)),
        (most + 4, False, SIZE, (False, 3, 0)),
        (most, False, 48 + TAKEN, (True, 3, 1)),
        (most, True, 48 + TAKEN, (True, 3, 0)),
        (most + 4, True, 400, (False, 3, 0)),
        (most, True, SIZE, (True, 3, 1)),
        (most + 4, True, SIZE, (False, 3, 0)),
        (0, False, SIZE, (True, 2, 0)),
        (0, True, 400, (True, 2, 0)),
    ):
        _, store = filled(8, 2 * EACH + 1)
        journal = store._journal
        journal._clean, journal._copies, journal._at = journal._clean[:2], copies, at
        victim, count = journal._order[0], len(journal._order)
        journal._least = _weighing(victim, weight)  # type: ignore[assignment]
        done = journal.compact(store, True)
        in_use = sum([one in journal._order for one in range(8)])
        opened_for_it = in_use - (count if weight else count - 1)
        wrong.same(f"{weight}, {copies}, {at}", (done, in_use - opened_for_it, opened_for_it), want)
        if done and weight:
            wrong.same("what is emptied", journal._victim, victim)
        elif not done:
            wrong.same("nothing is begun", journal._victim, -1)
    return wrong.out


def tight(values: int = 4 * EACH) -> "tuple[Nor, tables.Store]":
    """A store whose head is full and that has no more than the reserve. The second sector has the least in it."""
    nor, store = filled(8, values)
    journal = store._journal
    for number in range(EACH + 9, 2 * EACH):
        store.forget(VALUE, VALUES + number)
    journal._clean, journal._at = journal._clean[:2], SIZE
    return nor, store


def goes_on() -> "list[str]":
    """What copies are made of is emptied to its end, even sector 0; what idle time was at is chosen anew."""
    wrong = Wrong()
    for at in (SIZE, SIZE - REACH):
        _, store = tight()
        journal = store._journal
        order = list(journal._order)
        journal._victim, journal._cursor, journal._at = order[2], 48, at
        journal.compact(store, True)
        have = journal._victim, journal._copies, len(journal._order)
        wrong.same(f"idle time was at another one, {at}", have, (order[1], True, len(order) + 1))
    for victim in (2, 0):
        store = ordered([2, 0, 1, 3, 4], 4 * EACH)
        journal = store._journal
        for number in range(3 * EACH + 9, 4 * EACH):
            store.forget(VALUE, VALUES + number)
        journal._open(True)
        order, journal._victim, journal._cursor = list(journal._order), victim, 48
        journal.compact(store, True)
        wrong.same(f"{victim} goes on", (journal._victim, journal._order), (victim, order))
    _, store = tight()
    journal = store._journal
    order = list(journal._order)
    journal.compact(store, True)
    head, journal._at = journal._order[-1], SIZE
    journal.compact(store, True)
    wrong.same("its head was given up", (journal._victim, journal._order[-1] in (*order, head)), (order[1], False))
    return wrong.out


def fills_up() -> "list[str]":
    """A head of copies that is full ends a collection; the next one is opened, and nothing is lost or there twice."""
    wrong = Wrong()
    nor, store = filled(8, 4 * EACH)
    journal = store._journal
    journal._clean, journal._at = journal._clean[:2], SIZE
    journal._open(True)
    journal._victim, journal._cursor, journal._at = journal._order[0], 48, SIZE - REACH - TAKEN
    victim, head = journal._victim, journal._order[-1]
    wrong.same("full", (journal.compact(store), journal._victim, journal._order[-1]), (True, -1, head))
    there = [where(store, number) for number in range(EACH)]
    wrong.same("as many as have room", (there[:2], there.count(victim)), ([head, head], EACH - 2))
    stands(nor, store, 4 * EACH)
    return wrong.out


def sides() -> "list[str]":
    """What has the least: sector 0 like any other, of two the one that is no head for copies."""
    wrong = Wrong()
    store = ordered([2, 0, 1, 3, 4], 3 * EACH + 1)
    journal = store._journal
    numbers = [number for number in range(5 * EACH) if where(store, number) == 0]
    store.forget(VALUE, VALUES + numbers[0])
    journal._stuck = [journal._order[-1]]
    wrong.same("sector 0", journal._least(store, True), (0, (EACH - 1) * TAKEN))
    _, store = filled(8, EACH + 1)
    journal = store._journal
    journal._copies, first = True, journal._order[0]
    wrong.same("of two", (len(journal._order), journal._least(store, True)[0]), (2, first))
    return wrong.out


def resting() -> "list[str]":
    """A sector that rests counts as one that copies may still go to."""
    wrong = Wrong()
    for dirty, rests in ((1, 1), (0, 1), (1, 0)):
        _, store = tight()
        journal = store._journal
        journal._dirty, journal._resting = journal._clean[:dirty], journal._clean[dirty : dirty + rests]
        journal._clean = []
        before = len(journal._order)
        wrong.same(f"{dirty}, {rests}", (journal.compact(store, True), len(journal._order)), (True, before + 1))
    return wrong.out


def last_resort() -> "list[str]":
    """When no sector is left to copy to, one with entries of the log alone goes, and no other entry."""
    wrong = Wrong()
    nor, store = filled(8, 2)
    journal = store._journal
    while len(journal._order) < 4:
        store.log_append(entry(store.log_next))
    order = list(journal._order)
    journal._clean, journal._dirty, journal._resting, journal._at = [], [], [], SIZE
    there = [store.log_address(number) // SIZE for number in range(store.log_next)]
    wrong.same("one is given up", journal.compact(store), True)
    gone = [one for one in order if one not in journal._order]
    wrong.same("it waits for its erase", (len(gone), journal._dirty, journal._victim), (1, gone, -1))
    for number, sector in enumerate(there):
        want = 0 if sector in gone else sector * SIZE
        wrong.same(f"entry {number}", store.log_address(number) // SIZE * SIZE, want)
    wrong.same("the values", [store.get(VALUES + number) for number in (0, 1)], [bytes(64), b"\x01" * 64])
    nor, store = filled(8, 3 * EACH)
    journal = store._journal
    journal._clean, journal._dirty, journal._at = [], [], SIZE
    wrong.refused("nothing but values", "no sector is left", journal.compact, store, by=StoreFull.__name__)
    return wrong.out


ALL = (emptied_by_copies, worth, goes_on, fills_up, sides, resting, last_resort)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
