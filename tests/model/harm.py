# SPDX-License-Identifier: MIT
"""What else befalls a flash: bits rot, operations fail, sectors wear out. Each function returns what broke."""

from agent.errors import NightlatchError, StoreError
from agent.store import tables
from tests.model.dice import Dice
from tests.model.nor import Nor
from tests.power.engine import difference
from tests.power.workloads import GEOMETRIES, scene
from tests.power.world import World, look, open_store


def rot(geometry: str, seed: int, tries: int) -> "list[str]":
    """One to three bits of a used sector flip: whatever is lost is told, the rest stands, and no old state returns."""
    play = scene("turn", geometry)
    world = play.world
    truth = world.view()
    dice = Dice(seed)
    used = [at for at in range(0, len(play.nor.cells), 64) if play.nor.cells[at : at + 64] != b"\xff" * 64]
    out = []
    for turn in range(tries):
        nor = play.nor.copy(play.nor.cells, {}, turn)
        near = used[dice.roll(len(used))]
        for _ in range(1 + dice.roll(3)):
            nor.cells[near + dice.roll(64)] ^= 1 << dice.roll(8)
        nor.stuck[near // nor.sector_size] = "rot"  # what is programmed there need not come out
        try:
            store = open_store(nor)
            creds, values, log_next, _ = look(store, store.losses.values)
        except StoreError as error:
            out.append("turn %d: %s" % (turn, error))
            continue
        for handle, want in truth[0].items():
            if creds.get(handle) != want and not (handle not in creds and handle in store.losses.handles):
                out.append("turn %d: key %d is %r" % (turn, handle, creds.get(handle)))
        for ident, want in truth[1].items():
            if values.get(ident) != want and ident not in store.losses.values:
                out.append("turn %d: value %d is %r" % (turn, ident, values.get(ident)))
        if store.next_handle() < len(truth[0]) or log_next < truth[2] - 1:
            out.append("turn %d: a number fell, %d %d" % (turn, store.next_handle(), log_next))
    return out


def failing(name: str, geometry: str, fault: type, torn: bool) -> "tuple[int, list[str]]":
    """Every operation of a workload fails once: the step is done or not, nothing else is harmed, and work goes on."""
    out = []
    tried = 0
    place = 0
    while True:
        play = scene(name, geometry)
        nor, world = play.nor, play.world
        store = open_store(nor)
        nor.fault, nor.torn_fault, nor.fault_at = fault, torn, place
        before = world.copy()
        try:
            for step in play.steps:
                before = world.copy()
                step(world, store)
        except (NightlatchError, OSError, MemoryError):
            pass
        if nor.fault_at >= 0:
            return tried, out
        nor.fault_at = -1
        tried += 1
        place += 1
        seen = look(open_store(nor, place % 3))
        if seen not in (before.view(), world.view()):
            told = difference(seen, before.view(), world.view())
            out.append("%s: operation %d, %r: %s" % (name, place - 1, fault, told))


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
    seen = look(store)
    out = [] if seen == world.view() else ["%r is not %r" % (seen, world.view())]
    if store._journal.retired() < count:
        out.append("%d of %d retired" % (store._journal.retired(), count))
    return out


def newer(geometry: str) -> "list[str]":
    """A store of a newer layout is refused, and nothing is written to it."""
    play = scene("unlock", geometry)
    nor = play.nor
    from binascii import crc32

    for sector in range(nor.sectors):
        at = sector * nor.sector_size
        data = b"NLM3" + bytes(nor.cells[at + 4 : at + 8])
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
        store.put(ident, bytes(64))
    slices = 0
    while store.maintain():
        slices += 1
        if slices > 5000:
            return ["idle work has no end"]
    for turn in range(600):
        cred = store.find(turn % store.next_handle())
        assert cred is not None
        store.step(cred, cred.epoch + 1, bytes([turn & 255 | 1] * 16), 1)
        while store.maintain():
            slices += 1
    return [] if slices < 40000 and store.damage() == 0 else ["%d slices" % slices]
