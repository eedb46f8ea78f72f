# SPDX-License-Identifier: MIT
"""The tables of a store: what a start mends and counts, what fits, what is owed. Functions return what is wrong."""

from agent.errors import StoreError, StoreFull
from agent.store import tables
from agent.store.journal import Journal
from agent.store.ring.layout import ROLL, TALLY, VALUE
from tests.model.gathered import SIZE, store_of
from tests.model.nor import Nor
from tests.model.ring.chip import Wrong
from tests.power.world import open_store


class Told(Journal):
    """Whose start finds what it is told to: `found` superseded, `done` of them killed. `kills`: what it kills."""

    def __init__(self, found: "list[int]", done: "list[int]", whole: bool) -> None:
        super().__init__(Nor(6, SIZE, 256))
        self.found, self.done, self.whole = found, done, whole
        self.kills: list[int] = []

    def mount(self, index: object, stale: "list[int]", broken: object) -> None:
        stale.extend(self.found)

    def settle(self, index: object, clear: "Callable[[list[int], bool], None]") -> None:
        clear(self.done, self.whole)

    def kill(self, addr: int) -> None:
        self.kills.append(addr)


def cleared() -> "list[str]":
    """What others took the place of is killed, but what is so already; nothing while the last record is in doubt."""
    wrong = Wrong()
    for found, done, whole, want in (
        ([100, 200], [], True, [100, 200]),
        ([100, 200], [200], True, [100]),
        ([100, 200], [300], True, [100, 200]),
        ([100, 200], [], False, []),
        ([], [100], True, []),
    ):
        journal = Told(found, done, whole)
        store = tables.Store(journal)
        settled: list[object] = []
        store.losses.settle = settled.append  # type: ignore[assignment]
        store.mount()
        wrong.same(f"{found}, {done}, {whole}", journal.kills, want)
        wrong.same("what is broken is sorted, once", settled, [journal])
    return wrong.out


def fits() -> "list[str]":
    """Keys of 140 bytes, with seven sectors, the log, the values and the end of each sector left out."""
    wrong = Wrong()
    for sectors, size, retired, want in (
        (24, 1024, 0, (17 * 840 - 8192 - 4096) // 140),
        (24, 1024, 2, (15 * 840 - 8192 - 4096) // 140),
        (24, 1024, 3, 0),
        (32, 1024, 0, (25 * 840 - 8192 - 4096) // 140),
        (8, 1024, 0, 0),
        (6, 1024, 0, 0),
        (64, 4096, 0, (57 * 3912 - 8192 - 4096) // 140),
        (1600, 4096, 0, (1593 * 3912 - 8192 - 4096) // 140),
        (3000, 4096, 0, 0xFF00),
    ):
        journal = Journal(Nor(sectors, size, 256))
        for sector in range(retired):
            journal._retire(sector)
        wrong.same(f"{sectors} of {size}, {retired}", tables.Store(journal).capacity(), want)
    return wrong.out


def raw(store: tables.Store, place: int, value: bytes) -> None:
    """One copy of a value."""
    store._put(place, value)


def mended() -> "list[str]":
    """Of two copies that differ the first counts, of one that copy; a setting has no other one."""
    wrong = Wrong()
    for ident in (1, 2, 9, 15):
        for first, other, want in (
            (b"one", None, b"one"),
            (None, b"two", b"two"),
            (b"one", b"two", b"one"),
            (b"one", b"one", b"one"),
            (b"", b"two", b""),
            (None, None, None),
        ):
            nor, store = store_of(6)
            for place, value in ((ident, first), (ident | 0x80, other)):
                if value is not None:
                    raw(store, place, value)
            addresses = [store.at(VALUE, place) for place in (ident, ident | 0x80)]
            store = open_store(nor)
            have = store._read_value(ident), store._read_value(ident | 0x80), store.damage()
            wrong.same(f"{ident}, {first!r}, {other!r}", have, (want, want, 0))
            if first == other:
                now = [store.at(VALUE, place) for place in (ident, ident | 0x80)]
                wrong.same("nothing is written that is right", now, addresses)
    nor, store = store_of(6)
    raw(store, 16, b"one")
    raw(store, 0x8F + 2, b"two")
    store = open_store(nor)
    wrong.same("a setting", [store._read_value(one) for one in (16, 0x90, 17, 0x91)], [b"one", None, None, b"two"])
    store._append = _refuse  # type: ignore[method-assign, assignment]
    raw_values = store._values
    raw_values[2] = store.at(VALUE, 16)
    store._mend(2)
    wrong.same("refused: the next start tries again", store._read_value(2), b"one")
    return wrong.out


def _refuse(kind: int, body: bytes) -> int:
    raise StoreError("refused")


def counted() -> "list[str]":
    """How many handles were given is told; where that is lost sixteen are skipped, for none is ever given twice."""
    wrong = Wrong()
    for count, known, unknown, lost, want in (
        (0, 0, 0, [], (0, [])),
        (5, 0, 0, [], (5, [])),
        (5, 9, 0, [], (5, [])),
        (0, 1, 0, [], (0, [])),  # a cut left the first key uncounted
        (0, 2, 0, [], (18, [5])),
        (0, 0, 1, [], (16, [5])),
        (0, 1, 0, [5], (17, [5])),
        (0, 1, 0, [4], (0, [4])),
        (3, 7, 2, [5], (3, [5])),
    ):
        _, store = store_of(6)
        if count:
            store.put(tables.HANDLES, count.to_bytes(4, "big"))
        if known:
            store._keys.grow(known - 1)
        store.losses.unknown, store.losses.values = unknown, list(lost)
        store._handles = 77
        store._count_handles()
        name = f"{count}, {known}, {unknown}, {lost}"
        wrong.same(name, (store._handles, store.losses.values), want)
        wrong.same(name + ", the tables hold them", store.known(), max(count, known))
    _, store = store_of(6)
    store._keys.grow(3)
    store._read_value = lambda place: None  # type: ignore[method-assign]
    store.losses.values = [5]
    store._count_handles()
    wrong.same("lost", store._handles, 20)
    return wrong.out


def owed() -> "list[str]":
    """A record that could not be killed is, before anything else is written, or when idle; once."""
    wrong = Wrong()
    for idle in (False, True):
        nor, store = store_of(6)
        store.put(16, b"first one")
        first = store.at(VALUE, 16)
        kill, store._journal.kill = store._journal.kill, _no_heap  # type: ignore[method-assign]
        try:
            store.put(16, b"other one")
            wrong.out.append("no error")
        except MemoryError:
            pass
        wrong.same("the new one counts", store.get(16), b"other one")
        kills: list[int] = []
        store._journal.kill = kills.append  # type: ignore[assignment]
        if idle:
            store.maintain()
            store.maintain()
        else:
            store._append(VALUE, b"x" + b"\xff\x20")
            store._append(VALUE, b"y" + b"\xff\x20")
        wrong.same(f"{idle}", kills, [first])
        store._journal.kill = kill  # type: ignore[method-assign]
    return wrong.out


def _no_heap(addr: int) -> None:
    raise MemoryError


class Full(Journal):
    """Takes a record after so many collections; `wins`: how many there can be."""

    def __init__(self, needs: int, wins: int) -> None:
        super().__init__(Nor(6, SIZE, 256))
        self.needs, self.wins, self.tries = needs, wins, 0

    def append(self, kind: int, body: bytes) -> int:
        self.tries += 1
        if self.needs:
            raise StoreFull("full")
        return 4096

    def compact(self, index: object, slice_only: bool = False) -> bool:
        self.needs -= 1
        self.wins -= 1
        return self.wins >= 0


def collects() -> "list[str]":
    """Where no room is left it is made, here and now, for as long as any can be won: twice around at most."""
    wrong = Wrong()
    for needs, wins, good in ((0, 0, True), (1, 1, True), (1, 0, False), (5, 9, True), (12, 99, True), (13, 99, False)):
        journal = Full(needs, wins)
        store = tables.Store(journal)
        if good:
            wrong.same(f"{needs}, {wins}", (store._append(VALUE, b""), journal.tries), (4096, needs + 1))
        else:
            wrong.refused(f"{needs}, {wins}", "full", store._append, VALUE, b"", by="StoreFull")
            wrong.same(f"{needs}, {wins}, tries", journal.tries, min(needs, wins + 1))
    return wrong.out


def started() -> "list[str]":
    """A start counts what was given and what is lost."""
    wrong = Wrong()
    nor, store = store_of(24)
    store.put(tables.HANDLES, bytes((0, 0, 0, 5)))
    wrong.same("given", open_store(nor).next_handle(), 5)
    nor, store = store_of(24)
    for handle in range(2):
        store.enrol(handle, 1, 1, 1, "", bytes(16), bytes(16))
    store._journal.kill(store.at(ROLL, 0))
    wrong.same("lost", open_store(nor).losses.handles, [0])
    return wrong.out


def tallies() -> "list[str]":
    """A tally takes the place of the one before; the first of none."""
    wrong = Wrong()
    _, store = store_of(6)
    kills: list[int] = []
    store._journal.kill = kills.append  # type: ignore[assignment]
    body = bytes(6) + b"\xff" * 64 + b"\xff\x00"
    store.keep_tally(body)
    first = store.at(TALLY, 0)
    wrong.same("the first", kills, [])
    store.keep_tally(body)
    wrong.same("the second", (kills, store.at(TALLY, 0) > first), ([first], True))
    return wrong.out


ALL = (started, tallies, cleared, fits, mended, counted, owed, collects)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
