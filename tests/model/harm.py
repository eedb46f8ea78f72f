# SPDX-License-Identifier: MIT
"""What else befalls a flash: bits rot, operations fail, sectors wear out. Each function returns what broke."""

from agent.errors import NightlatchError, StoreError
from agent.store import tables
from tests.model.dice import Dice
from tests.model.nor import Nor
from tests.power.engine import difference
from tests.power.workloads import GEOMETRIES, scene
from tests.power.world import World, chain, look, open_store
from wire import numbers as n


def rot(geometry: str, seed: int, tries: int) -> "list[str]":
    """One to three bits of a used sector flip: whatever is lost is told, the rest stands, and no old state returns."""
    play = scene("turn", geometry)
    world = play.world
    store = open_store(play.nor)
    for ident in (tables.CONFIG, tables.UPDATE, tables.CONFIG + 1, tables.CONFIG):
        world.put(store, ident, ident, 4)
    world.advance(store, tables.TIME, 77)
    truth = world.view()
    dice = Dice(seed)
    journal = store._journal
    end = journal._order[-1] * play.nor.sector_size + journal._at
    # what rots at the very end of the journal reads as what a cut left there, and counts as that does: for nothing
    used = [
        at
        for at in range(0, len(play.nor.cells), 64)
        if play.nor.cells[at : at + 64] != b"\xff" * 64 and not end - 144 <= at < end
    ]
    out = []
    for turn in range(tries):
        nor = play.nor.copy(play.nor.cells, {}, turn)
        near = used[dice.roll(len(used))] if dice.roll(4) else dice.roll(len(play.nor.cells) // 64) * 64
        if end - 144 <= near < end:
            continue
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
            # what rotted may be its name, which then is no name or a wrong one
            told = ident in store.losses.values or store.losses.unknown or set(store.losses.values) - set(truth[1])
            if values.get(ident) != want and not (ident not in values and told):
                out.append("turn %d: value %d is %r" % (turn, ident, values.get(ident)))
        if store.next_handle() < len(truth[0]) or log_next < truth[2] - 1:
            out.append("turn %d: a number fell, %d %d" % (turn, store.next_handle(), log_next))
        out += ["turn %d: %s" % (turn, said) for said in _goes_on(store, creds)]
    return out


def headless(geometry: str) -> "list[str]":
    """The sectors in use lose their use marks, whatever is there instead: all is found, and idle time mends it."""
    out = []
    for mark in (bytes(16), b"\xff" * 16, bytes(range(100, 116))):
        play = scene("turn", geometry)
        nor = play.nor.copy(play.nor.cells, {}, 1)
        for sector in open_store(play.nor)._journal._order:
            nor.cells[sector * nor.sector_size + 32 : sector * nor.sector_size + 48] = mark
            nor.stuck[sector] = "rot"
        store = open_store(nor)
        if look(store) != play.world.view() or store.damage() or not store._journal.repaired:
            told = difference(look(store), play.world.view())
            out.append("%r: %d mended, %d lost: %s" % (mark, store._journal.repaired, store.damage(), told))
        nor.stuck = {}
        while store.maintain():
            pass
        store = open_store(nor)
        if look(store) != play.world.view() or store._journal.repaired:
            out.append("%r: it is not mended" % mark)
        for sector in store._journal._order:
            nor.cells[sector * nor.sector_size : sector * nor.sector_size + 48] = bytes(range(48))
        image = bytes(nor.cells)
        try:
            open_store(nor)
            out.append("%r: what can't be told is taken for a store" % mark)
        except StoreError:
            if bytes(nor.cells) != image:
                out.append("%r: what can't be told was written to" % mark)
    return out


def _goes_on(store: "tables.Store", creds: dict) -> "list[str]":
    """What else still opens, does so again and again, and a start shows it."""
    try:
        for more in range(1, 3):
            for handle in creds:
                cred = store.find(handle)
                assert cred is not None
                if cred.state == n.CRED_ACTIVE:
                    store.step(cred, creds[handle][0] + more, chain(handle, creds[handle][0] + more), 1)
            for _ in range(30):
                store.maintain()
        again = look(open_store(store._journal.flash), store.losses.values)[0]
    except StoreError as error:
        return ["it does not go on: %s" % error]
    wrong = [handle for handle in creds if creds[handle][2] == n.CRED_ACTIVE and again[handle][0] != creds[handle][0] + 2]
    return ["keys %r are not where they went" % wrong] if wrong or sorted(again) != sorted(creds) else []


def failing(name: str, geometry: str, fault: type, torn: bool) -> "tuple[int, list[str]]":
    """Every operation of a workload fails once: the step is done or not, nothing else is harmed, and work goes on."""
    out: "list[str]" = []
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
            return place, out
        place += 1
        nor.fault_at = -1
        out += ["%s: operation %d, %r: %s" % (name, place - 1, fault, said) for said in after(nor, store, before, world)]


def after(nor: "Flash", store: "tables.Store", before: World, done: World) -> "list[str]":
    """What a step that failed left, to the program that runs, to one that starts, and to what is done next."""
    copy = nor.copy(nor.cells, nor.weak, 1)
    try:
        seen = look(open_store(copy, 1))
    except StoreError as error:
        return ["started: %s" % error]
    if seen not in (before.view(), done.view()):
        return ["started: %s" % difference(seen, before.view(), done.view())]
    seen = look(store)
    if seen not in (before.view(), done.view()):
        return ["running on: %s" % difference(seen, before.view(), done.view())]
    world = before if seen == before.view() else done
    try:
        if 0 in world.creds:
            world.step(store, 0)
        world.put(store, tables.CONFIG, 99, 4)
        while store.maintain():
            pass
        seen = look(open_store(nor))
    except StoreError as error:
        return ["further on: %s" % error]
    return [] if seen == world.view() else ["further on: %s" % difference(seen, world.view())]


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


TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.model.nor import Nor as Flash
