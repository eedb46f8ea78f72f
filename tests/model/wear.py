# SPDX-License-Identifier: MIT
"""A flash at its ends: sectors that wear out, none that is clean, a newer layout, as many keys as it holds."""

from binascii import crc32

from agent.errors import StoreError
from agent.store import tables
from agent.store.ring.marks import LAYOUT
from tests.model.nor import Nor
from tests.power.workloads import GEOMETRIES, scene
from tests.power.world import World, look, open_store


def worn(geometry: str, how: str, count: int) -> "list[str]":
    """Sectors fail in the middle of their life: they are retired, and stay so; no key is lost while spare ones last."""
    sectors, size, page = GEOMETRIES[geometry]
    nor = Nor(sectors, size, page)
    world = World()
    store = open_store(nor)
    for _ in range(3):
        world.enrol(store)
    for turn in range(900):
        if turn % 90 == 45 and len(nor.stuck) < count:
            nor.stuck[(turn // 90 * 3 + 1) % sectors] = how
        world.step(store, turn % 3)
        world.log(store)
        while store.maintain():
            pass
        if turn % 100 == 99:
            store = open_store(nor)
            if store.damage():
                return ["turn %d: %d lost" % (turn, store.damage())]
    seen = look(store)
    out = [] if seen == world.view() else ["%r is not %r" % (seen, world.view())]
    if store._journal.retired() < count:
        out.append("%d of %d retired" % (store._journal.retired(), count))
    return out


def newer(geometry: str) -> "list[str]":
    """A store of a newer layout is refused, and nothing is written to it."""
    play = scene("unlock", geometry)
    nor = play.nor
    for sector in range(nor.sectors):
        at = sector * nor.sector_size
        data = b"NLM%d" % (LAYOUT + 1) + bytes(nor.cells[at + 4 : at + 8])
        nor.cells[at : at + 12] = data + (crc32(data) & 0xFFFFFFFF).to_bytes(4, "little")
    image = bytes(nor.cells)
    try:
        open_store(nor)
    except StoreError:
        return [] if bytes(nor.cells) == image else ["it was written to"]
    return ["it was not refused"]


def full(geometry: str) -> "list[str]":
    """A store with as many keys as it says it holds still turns, without an end to its collections."""
    sectors, size, page = GEOMETRIES[geometry]
    nor = Nor(sectors, size, page)
    store = open_store(nor)
    for handle in range(store.capacity()):
        store.enrol(handle, 1, 1, 255, "x" * 24, bytes([7] * 16), bytes([9] * 16))
    for ident in range(tables.CONFIG, tables.CONFIG + 20):
        store.put(ident, bytes([ident]) * 64)
    slices = 0
    while store.maintain():
        slices += 1
        if slices > 5000:
            return ["idle work has no end"]
    for turn in range(600):
        cred = store.find(turn % store.next_handle())
        assert cred is not None
        store.step(cred, cred.epoch + 1, bytes([turn & 255 | 1] * 16), 1, bytes([turn & 127 | 1] * 16))
        while store.maintain():
            slices += 1
    return [] if slices < 40000 and store.damage() == 0 else ["%d slices" % slices]


def crammed(geometry: str) -> "list[str]":
    """The head is full and no clean sector is any good: what is there can be read all the same."""
    play = scene("compaction", geometry)
    nor = play.nor
    journal = open_store(nor.copy(nor.cells, {}, 1))._journal
    head, size = journal._order[-1], nor.sector_size
    nor.cells[head * size + journal._at : head * size + size] = bytes(size - journal._at)
    nor.stuck = dict.fromkeys(journal._clean, "program")
    for _ in range(3):
        if look(open_store(nor)) != play.world.view():
            return ["it can't be read"]
    return []


def unwiped(geometry: str) -> "list[str]":
    """The head takes no zeros any more: where a start programmed some, there is nothing, and nothing is lost."""
    play = scene("unlock", geometry)
    nor, world = play.nor, play.world
    nor.stuck[open_store(nor.copy(nor.cells, {}, 1))._journal._order[-1]] = "program"
    out = []
    for turn in range(3):
        store = open_store(nor)
        if look(store) != world.view() or store.damage():
            out.append("start %d: %d lost" % (turn, store.damage()))
        world.step(store, turn)
    return out
