# SPDX-License-Identifier: MIT
"""What is left when records rot that others lean on: the number of keys, runs of the log, both copies of a value; and
flashes of other layouts. Each function raises where a promise does not hold."""

from binascii import crc32

from agent.errors import StoreError
from agent.store import tables
from agent.store.ring.layout import FIXED, LOG, RETIRED, ROLL, VALUE
from tests.model.nor import Nor
from tests.model.promises import KEY, refused
from tests.power.unit import boot
from tests.power.workloads import GEOMETRIES
from tests.power.world import World, entry, open_store
from wire import numbers as n


def tidy(geometry: str, keys: int = 3, entries: int = 9) -> "tuple[Nor, World, tables.Store]":
    """Some keys, values and a log, sealed by idle time."""
    nor = Nor(*GEOMETRIES[geometry])
    world = World()
    unit = boot(nor)
    world.put(unit.store, tables.AGENT, 1, 48)
    for _ in range(keys):
        world.enrol(unit.store)
    for _ in range(entries):
        world.log(unit.store)
    world.put(unit.store, tables.CONFIG, 1, 20)
    while unit.idle():
        pass
    return nor, world, unit.store


def rot(nor: Nor, addr: int) -> None:
    """A bit of a body flips."""
    assert addr
    nor.cells[addr + 8] ^= 0x08


def runs_of_the_log(geometry: str) -> None:
    """What is missing between entries is told as runs, what is missing before the oldest one is only not there."""
    for gone, first, runs in (
        ((1,), 0, [(1, 1)]),
        ((1, 2, 3), 0, [(1, 3)]),
        ((1, 3, 4, 7), 0, [(1, 1), (3, 4), (7, 7)]),
        ((0, 1, 4), 2, [(4, 4)]),
        ((2, 3, 5, 6), 0, [(2, 3), (5, 6)]),
    ):
        nor, _, store = tidy(geometry)
        for sequence in gone:
            rot(nor, store.log_address(sequence))
        store = open_store(nor)
        assert store.log_first() == first and store.losses.log() == runs, (gone, store.log_first(), store.losses.log())
        assert store.losses.entries == sum([last - one + 1 for one, last in runs]) == store.damage()
        assert [store.log_read(one) for one in range(9)] == [None if one in gone else entry(one) for one in range(9)]
        assert store.log_next == 9 and store.log_tail == entry(8)[16:]


def number_of_keys(geometry: str) -> None:
    """Both copies of how many keys there were are lost, perhaps the last key too: no handle is given again."""
    for last in (False, True):
        nor, _, store = tidy(geometry)
        for place in (tables.HANDLES, tables.HANDLES | tables.MIRROR):
            rot(nor, store.at(VALUE, place))
        for kind in (FIXED, ROLL) if last else ():
            rot(nor, store.at(kind, 2))
        store = open_store(nor)
        handle = store.next_handle()
        assert 3 <= handle < 40 and tables.HANDLES in store.losses.values and store.damage() >= 1
        assert store.find(0) is not None and (store.find(2) is None) == last
        store.enrol(handle, 1, 1, 1, "new", KEY, KEY)
        for again in (store, open_store(nor)):
            assert again.next_handle() == handle + 1
            cred = again.find(handle)
            assert cred is not None and cred.state == n.CRED_ACTIVE and again.counter(tables.HANDLES) == handle + 1
            for skipped in range(3, handle):
                assert again.find(skipped) is None, skipped
        assert [one for one in open_store(nor).losses.handles if one != 2] == [], "nobody had what was skipped"


def a_revoked_one(geometry: str) -> None:
    """What stands in the place of a damaged key is revoked, at the start of its chain."""
    nor, _, store = tidy(geometry)
    rot(nor, store.at(ROLL, 1))
    store = open_store(nor)
    store.bury(1)
    for again in (store, open_store(nor)):
        cred = again.find(1)
        assert cred is not None and cred.label == "key 1"
        assert (cred.epoch, cred.attempt, cred.state) == (0, None, n.CRED_REVOKED)


def other_types(geometry: str) -> None:
    """There is no table for them."""
    _, _, store = tidy(geometry)
    assert store.at(FIXED, 0) and store.at(ROLL, 0) and store.at(VALUE, tables.AGENT)
    for kind in (0, LOG, RETIRED, 5, 6, 7, 255):
        assert [store.at(kind, place) for place in range(4)] == [0] * 4, kind
    assert store.at(FIXED, 3) == store.at(ROLL, 999) == store.at(VALUE, 77) == 0


def layouts(geometry: str) -> None:
    """A mark of a layout that nobody here knows, older or newer, in either place of a head: refused, and left alone."""
    for at, length in ((0, 8), (32, 12)):
        for digit in b"01239":
            nor, _, _ = tidy(geometry)
            for sector in range(nor.sectors):
                base = sector * nor.sector_size + at
                if nor.cells[base : base + 2] == b"NL":
                    nor.cells[base + 3] = digit
                    total = crc32(nor.cells[base : base + length]) & 0xFFFFFFFF
                    nor.cells[base + length : base + length + 4] = total.to_bytes(4, "little")
            image = bytes(nor.cells)
            assert refused(StoreError, open_store, nor), (at, digit)
            assert bytes(nor.cells) == image


ALL = (runs_of_the_log, number_of_keys, a_revoked_one, other_types, layouts)
