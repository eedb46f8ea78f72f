# SPDX-License-Identifier: MIT
"""What the store promises to who calls it, at the edges: what it takes, what it refuses, what it says of what is not
there. Each function raises where that does not hold."""

from agent.errors import NightlatchError, StoreError, StoreFull
from agent.store import tables
from agent.store.journal import Journal
from agent.store.mount.blocks import Blocks
from agent.store.ring import cred as c
from agent.store.ring.layout import FIXED, LOG, ROLL, TALLY, VALUE
from tests.model.nor import Nor
from tests.power.unit import boot
from tests.power.workloads import GEOMETRIES
from tests.power.world import World, chain, entry, look, open_store
from wire import numbers as n

CAPACITY = {"big": 51, "small": 85}  # keys, of 140 bytes, beside the log, the values, and seven sectors to turn in
KEY = bytes(range(16))


def refused(error: type, call: "Callable[..., object]", *args: object) -> bool:
    """Whether it is refused so, and not otherwise."""
    try:
        call(*args)
    except NightlatchError as said:
        return type(said) is error
    return False


def new(geometry: str) -> "tuple[Nor, World, tables.Store]":
    """A blank one."""
    nor = Nor(*GEOMETRIES[geometry])
    return nor, World(), open_store(nor)


def bodies() -> None:
    """Records of a credential: their bounds."""
    longest = "x" * n.LABEL_MAX
    assert len(c.new(1, 1, 1, 1, longest, KEY, KEY).fixed()) == c.FIXED_SIZE + n.LABEL_MAX + 2
    assert refused(StoreError, lambda: c.new(1, 1, 1, 1, longest + "x", KEY, KEY).fixed())
    assert refused(StoreError, lambda: c.new(1, 1, 1, 1, "é" * 13, KEY, KEY).fixed()), "bytes count, not letters"
    for key in (KEY[1:], KEY + b"x"):
        for name in ("handout", "identity"):
            cred = c.new(1, 1, 1, 1, "", KEY, KEY)
            setattr(cred, name, key)
            assert refused(StoreError, cred.fixed)
        cred = c.new(1, 1, 1, 1, "", KEY, KEY)
        cred.lent = key
        assert refused(StoreError, cred.fixed)
        for name in ("chain", "before"):
            cred = c.new(1, 1, 1, 1, "", KEY, KEY)
            setattr(cred, name, key)
            assert refused(StoreError, cred.roll)
    for epoch, good in ((0, True), (0xFFFFFFFF, True), (-1, False), (1 << 32, False)):
        cred = c.new(1, 1, 1, 1, "", KEY, KEY)
        cred.epoch = epoch
        assert refused(StoreError, cred.roll) != good, epoch
    for label in ("", "a", "abc", "abcd", longest):
        cred = c.new(300, 3, 2, 0x1234, label, KEY, KEY[::-1])
        cred.epoch, cred.attempt, cred.state, cred.before = 1 << 31, 513, 2, KEY[1:] + b"x"
        cred.lent, cred.generation, cred.introduced, cred.tried = KEY[2:] + b"xy", 1 << 30, 1000, True
        cred = c.Cred(cred.fixed(), cred.roll())
        told = cred.handle, cred.kind, cred.role, cred.rights, cred.label, bytes(cred.handout), bytes(cred.identity)
        assert told == (300, 3, 2, 0x1234, label, KEY, KEY)
        stands = cred.epoch, cred.attempt, cred.state, bytes(cred.chain), bytes(cred.before)
        assert stands == (1 << 31, 513, 2, KEY[::-1], KEY[1:] + b"x")
        kept = bytes(cred.lent), cred.generation, cred.introduced, cred.renew, cred.tried, cred.withheld
        assert kept == (KEY[2:] + b"xy", 1 << 30, 1000, True, True, False)


def keys(geometry: str) -> None:
    """Handles are given in turn, up to what fits; an epoch never falls."""
    nor, world, store = new(geometry)
    assert store.capacity() == CAPACITY[geometry], store.capacity()
    assert store.next_handle() == 0 and store.find(0) is None and store.find(99) is None
    for handle in (1, 2, 0xFFFF):
        assert refused(StoreError, store.enrol, handle, 1, 1, 1, "", KEY, KEY)
    for handle in range(store.capacity()):
        assert store.next_handle() == handle
        store.enrol(handle, 1, 1, 1, "", KEY, KEY)
        assert refused(StoreError, store.enrol, handle, 1, 1, 1, "", KEY, KEY)
        while store.maintain():
            pass
    assert refused(StoreFull, store.enrol, store.next_handle(), 1, 1, 1, "", KEY, KEY)
    assert store.next_handle() == store.capacity() and store.find(store.capacity()) is None
    cred = store.find(3)
    assert cred is not None and cred.epoch == 0 and cred.attempt is None and cred.state == n.CRED_ACTIVE
    store.step(cred, 5, KEY, 7, KEY)
    cred = store.find(3)
    assert cred is not None and (cred.epoch, cred.attempt) == (5, 7)
    for epoch in (4, 5):
        assert refused(StoreError, store.step, store.find(3), epoch, KEY, 9, KEY)
    assert store.find(3).attempt == 7  # type: ignore[union-attr]
    again = open_store(nor)
    assert again.next_handle() == store.capacity() and again.damage() == 0


def values(geometry: str) -> None:
    """Identifiers and sizes of values; what is not there, and counters."""
    nor, world, store = new(geometry)
    for ident in (0, 128, 129, 255, -1):
        assert refused(StoreError, store.put, ident, b"x"), ident
    assert refused(StoreError, store.put, 20, bytes(65))
    for ident, value in ((1, b""), (15, b"a"), (16, b"b" * 63), (127, b"c" * 64)):
        assert store.get(ident) is None
        store.put(ident, value)
        assert store.get(ident) == value
    assert store.at(VALUE, 15 | tables.MIRROR) and not store.at(VALUE, 16 | tables.MIRROR), "kept twice below 16"
    assert store.counter(tables.TIME) == 0
    for count, rises in ((0, False), (5, True), (5, False), (4, False), (6, True), (0xFFFFFFFF, True)):
        assert store.advance(tables.TIME, count) == rises, count
    assert store.counter(tables.TIME) == 0xFFFFFFFF and store.get(tables.TIME) == b"\xff" * 4
    for again in (store, open_store(nor)):
        assert [again.get(ident) for ident in (1, 15, 16, 127, 2)] == [b"", b"a", b"b" * 63, b"c" * 64, None]
        nothing = ((VALUE, 99), (FIXED, 0), (ROLL, 7), (TALLY, 0), (LOG, 0))
        assert not any(again.at(kind, place) for kind, place in nothing)


def log(geometry: str) -> None:
    """The log keeps the last 256 entries, in turn; none before, none behind."""
    nor, world, store = new(geometry)
    assert store.log_first() == store.log_next == 0 and store.log_read(0) is None and store.log_tail == b""
    for sequence in range(600):
        for wrong in (entry(sequence + 1), entry(sequence)[:23], entry(sequence) + b"x"):
            assert refused(StoreError, store.log_append, wrong)
        store.log_append(entry(sequence))
        assert store.log_tail == entry(sequence)[16:] and store.log_next == sequence + 1
        while store.maintain():
            pass
        if sequence in (0, 254, 255, 256, 300, 599):
            for again in (store, open_store(nor.copy(nor.cells, {}, 1))):
                first = max(0, sequence - 255)
                assert again.log_first() == first and again.log_next == sequence + 1, sequence
                assert again.log_tail == entry(sequence)[16:]
                assert again.log_read(first - 1) is None and again.log_read(sequence + 1) is None
                for one in (first, first + 1, (first + sequence) // 2, sequence):
                    assert one > sequence or again.log_read(one) == entry(one), one
                assert again.losses.log() == [] and again.damage() == 0


def rotten(geometry: str, kind: int) -> "tuple[Nor, World, tables.Store]":
    """A tidy store with three keys, values and a log; `kind` of what is about 1, or the entry 3, has rotted since."""
    nor, world, _ = new(geometry)
    unit = boot(nor)
    store = unit.store
    world.put(store, tables.AGENT, 1, 48)
    for _ in range(3):
        world.enrol(store)
        world.step(store, 0)
    for turn in range(6):
        world.put(store, tables.CONFIG, turn, 20)
        world.log(store)
    while unit.idle():
        pass
    place = {FIXED: 1, ROLL: 1, VALUE: tables.CONFIG}.get(kind, 0)
    at = store.log_address(3) if kind == LOG else store.at(kind, place)
    nor.cells[at + 7] ^= 0x10
    return nor, world, store


def told(geometry: str) -> None:
    """Rot is told by name when a start finds it, or when it is met; the rest goes on."""
    a_key, a_value, an_entry = ([1], [], []), ([], [16], []), ([], [], [(3, 3)])
    for kind, want in ((FIXED, a_key), (ROLL, a_key), (VALUE, a_value), (LOG, an_entry)):
        nor, world, _ = rotten(geometry, kind)
        store = open_store(nor)
        told = store.losses.handles, store.losses.values, store.losses.log()
        assert told == want and store.damage() == 1 and store.losses.unknown == 0, (kind, told)
        assert (store.find(1) is None) == (kind in (FIXED, ROLL)) and store.next_handle() == 3
        assert refused(StoreError, store.get, tables.CONFIG) == (kind == VALUE)
        assert (store.log_read(3) is None) == (kind == LOG) and store.log_read(4) == entry(4)
        assert store.find(0) is not None and store.find(2) is not None and store.get(tables.AGENT) is not None
        nor, world, store = rotten(geometry, kind)
        if kind in (FIXED, ROLL):
            assert refused_by_rot(store.find, 1) and store.losses.handles == [1] and store.find(1) is None
        elif kind == VALUE:
            assert refused(StoreError, store.get, tables.CONFIG) and store.losses.values == [16]
            store.put(tables.CONFIG, b"new")
            assert store.get(tables.CONFIG) == b"new"
        else:
            assert refused_by_rot(store.log_read, 3)
        assert store.damage() == (kind != LOG)


def refused_by_rot(call: "Callable[[int], object]", place: int) -> bool:
    """Whether what is read says that it is damaged."""
    try:
        call(place)
    except NightlatchError as error:
        return type(error).__name__ == "Damaged"
    return False


def buried(geometry: str) -> None:
    """A damaged key that is revoked is no loss any more, and stays revoked though it reads well again."""
    for kind in (FIXED, ROLL):
        nor, world, store = rotten(geometry, kind)
        at = store.at(kind, 1)
        store = open_store(nor)
        assert store.losses.handles == [1]
        store.bury(1)
        nor.cells[at + 7] |= 0x10 if kind == FIXED else 0
        for _ in range(2):
            store = open_store(nor)
            cred = store.find(1)
            assert cred is None or (cred.state == n.CRED_REVOKED and bytes(cred.chain) == b"\xff" * 16), kind
            assert store.buried(1) and not store.buried(0) and store.damage() == 0 and store.next_handle() == 3


def mirrored(geometry: str) -> None:
    """Of a value that is kept twice one copy is enough, and is copied again; without both it is lost: a claim too."""
    for gone in ((tables.AGENT,), (tables.AGENT | tables.MIRROR,), (tables.AGENT, tables.AGENT | tables.MIRROR)):
        nor, world, store = rotten(geometry, TALLY)
        want = world.values[tables.AGENT]
        assert not store.claim_lost()
        for place in gone:
            nor.cells[store.at(VALUE, place) + 9] ^= 1
        if len(gone) == 1:
            assert store.get(tables.AGENT) == want, "the other one"
        for _ in range(2):
            store = open_store(nor)
            lost = len(gone) == 2
            assert refused(StoreError, store.get, tables.AGENT) == lost == store.claim_lost()
            assert lost or (store.get(tables.AGENT) == want and tables.AGENT not in store.losses.values)
        if not lost:
            for place in (tables.AGENT, tables.AGENT | tables.MIRROR):
                assert store._journal.read(store.at(VALUE, place)) == want + bytes((255, place)), "mended"


def claims(geometry: str) -> None:
    """A store that holds keys or a log, and no claim, was claimed; a blank one was not."""
    nor, world, store = new(geometry)
    assert not store.claim_lost()
    store.put(tables.CONFIG, b"x")
    assert not store.claim_lost()
    world.log(store)
    assert store.claim_lost()
    nor, world, store = new(geometry)
    world.enrol(store)
    assert store.claim_lost()
    world.put(store, tables.AGENT, 1, 48)
    assert not store.claim_lost()


def stranger(geometry: str) -> None:
    """What could not be mounted has no idle work."""
    nor = Nor(*GEOMETRIES[geometry])
    nor.cells[:] = b"somebody's own, " * (len(nor.cells) // 16)
    store = tables.Store(Journal(nor))
    assert refused(StoreError, store.mount) and not store.maintain()


def quiet(geometry: str) -> None:
    """An end to idle work, nothing written by a second start, and a beat for each sector that a start reads."""
    nor, world, store = rotten(geometry, TALLY)
    nor.cells[store.at(TALLY, 0) + 7] ^= 0x10  # as it was
    for turn in range(300):
        world.step(store, turn % 3)
        store.maintain()
    slices = 0
    while store.maintain():
        slices += 1
        assert slices < 200
    assert not store.maintain()
    open_store(nor)
    image = bytes(nor.cells)
    nor.power_up(0)
    journal = Journal(nor)
    beats = []
    journal.beat = lambda: beats.append(1)
    store = tables.Store(journal)
    store.mount()
    assert bytes(nor.cells) == image and nor.programs == nor.erases == 0 and len(beats) == len(journal._order)
    world.dead.clear()
    assert look(store) == world.view() and bytes(store.find(0).chain) == chain(0, world.creds[0][0])  # type: ignore[union-attr]


def addresses() -> None:
    """Two bytes name a record of up to 256 KB, four one of more; either way none is named wrongly."""
    for size, wide in ((1 << 16, False), (1 << 18, False), ((1 << 18) + 4096, True), (1 << 20, True)):
        table = Blocks(size)
        assert table.wide == wide and table.blocks == [] and table.count == table.get(FIXED, 0) == 0
        there = (0, 1, 127, 128, 300)
        for handle in there:
            table.grow(handle)
            assert table.count == handle + 1 and len(table.blocks) == handle // 128 + 1
            heap = [len(block) * block.itemsize for block in table.blocks]
            assert heap == [1024 if wide else 512] * len(table.blocks)
            table.set(FIXED, handle, size - 4 - 8 * handle)
            assert handle in table.lacking()
            table.set(ROLL, handle, size - 8 - 8 * handle)
            assert (table.get(FIXED, handle), table.get(ROLL, handle)) == _pair(size, handle)
            assert table.get(FIXED, handle + 1) == table.get(ROLL, handle + 128) == 0
        table.grow(5)
        assert table.count == 301
        assert table.lacking() == [handle for handle in range(301) if handle not in there]
        assert list(table.both()) == [_pair(size, one) if one in there else (0, 0) for one in range(301)]


def _pair(size: int, handle: int) -> "tuple[int, int]":
    return size - 4 - 8 * handle, size - 8 - 8 * handle


ALL = (keys, values, log, told, buried, mirrored, claims, stranger, quiet)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
