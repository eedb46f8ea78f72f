# SPDX-License-Identifier: MIT
"""Sectors that refuse, and sectors that are given up: the first are tried again, the second are not. Each function
returns what broke."""

from agent.errors import StoreError
from agent.store import tables
from tests.model.moods import Moody
from tests.power.workloads import GEOMETRIES
from tests.power.world import World, look, open_store

KEYS = 3
TURNS = 350  # enough to go round on each geometry
TRIES_MOST = 8  # of a sector that always refuses, in one run, beside those that only an idle hour sees


def car(geometry: str) -> "tuple[Moody, World, tables.Store]":
    """A store in use, after its idle time."""
    nor = Moody(*GEOMETRIES[geometry])
    world = World()
    store = open_store(nor)
    for _ in range(KEYS):
        world.enrol(store)
    use(world, store, TURNS)
    return nor, world, store


def use(world: World, store: "tables.Store", turns: int) -> int:
    """Unlocks, values, log entries and idle time; what refuses is asked again. How many times that was needed."""
    refused = 0
    for turn in range(turns):
        before = world.copy()
        try:
            world.step(store, turn % KEYS)
            before = world.copy()
            world.put(store, tables.CONFIG, turn, 60)
            before = world.copy()
            world.log(store)
        except StoreError:
            refused += 1
            world.__dict__.update(before.__dict__)
        refused += idle(store)
    return refused


def idle(store: "tables.Store") -> int:
    """All idle work there is; how many slices of it were refused."""
    refused = 0
    while refused < 50:
        try:
            if not store.maintain():
                break
        except StoreError:
            refused += 1
    return refused


def refused_erase(geometry: str) -> "list[str]":
    """Each sector refuses one erase: it is tried again in this run, and comes back into use."""
    nor, world, store = car(geometry)
    nor.no_erase = dict.fromkeys(range(nor.sectors), 1)
    use(world, store, TURNS)
    nor.watch()
    use(world, store, TURNS)
    out = ["sector %d is not used again" % sector for sector in range(nor.sectors) if not nor.written[sector]]
    return out + _stands(nor, world, store)


def refused_open(geometry: str) -> "list[str]":
    """Each sector refuses one program: it is erased and used again in this run."""
    nor, world, store = car(geometry)
    nor.no_program = dict.fromkeys(range(nor.sectors), 1)
    use(world, store, TURNS)
    nor.watch()
    use(world, store, TURNS)
    out = ["sector %d is not used again" % sector for sector in range(nor.sectors) if not nor.written[sector]]
    return out + _stands(nor, world, store)


def always_refused(geometry: str) -> "list[str]":
    """A sector that erases no more rests after a few tries, and is tried anew after a start; the others go on."""
    nor, world, store = car(geometry)
    out = []
    sector = 1
    nor.no_erase = {sector: -1}
    for start in range(2):
        nor.watch()
        use(world, store, TURNS)
        if not 1 < nor.tries[sector] <= TRIES_MOST:
            out.append("run %d: it is tried %d times" % (start, nor.tries[sector]))
        out += _stands(nor, world, store)
        store = open_store(nor)
    nor.no_erase = {}
    nor.watch()
    use(world, store, TURNS)
    if not nor.written[sector] or store._journal.retired():
        out.append("a refusal was taken for wear")
    return out + _stands(nor, world, store)


def given_up(geometry: str) -> "list[str]":
    """Sectors are worn, in use or clean, and are retired. No start ever takes them back, however well they look."""
    nor, world, store = car(geometry)
    out = []
    gone: dict[int, bool] = {}
    for how in ("program", "erase"):
        nor.watch()
        use(world, store, 40)
        busy = [sector for sector in range(nor.sectors) if nor.written[sector] and sector not in gone]
        nor.stuck = {busy[0] if how == "erase" else busy[-1]: how}
        known = store._journal.retired()
        for _ in range(40):
            if store._journal.retired() > known:
                break
            use(world, store, 20)
        gone[next(iter(nor.stuck))] = True
        idle(store)
        nor.stuck = {}
        for _ in range(2):
            store = open_store(nor)
            nor.watch()
            use(world, store, TURNS)
            back = [sector for sector in gone if nor.written[sector] or nor.tries[sector]]
            if back or store._journal.retired() != len(gone):
                out.append("%s: %r are back, %d retired" % (how, back, store._journal.retired()))
            out += _stands(nor, world, store)
    return out


def _stands(nor: Moody, world: World, store: "tables.Store") -> "list[str]":
    """Nothing is lost, now and after a start that writes nothing further."""
    out = []
    if look(store) != world.view() or store.damage():
        out.append("it is not as it should be")
    copy = nor.copy(nor.cells, nor.weak, 1)
    again = open_store(copy)
    if look(again) != world.view() or again.damage():
        out.append("nor after a start")
    return out
