# SPDX-License-Identifier: MIT
"""What a store is doing when the power goes: by name, a flash as it stands before, and the steps."""

from agent.store import tables
from tests.model.nor import Nor
from tests.power import oldstore
from tests.power.world import World, open_store
from wire import numbers as n

GEOMETRIES = {"big": (12, 4096, 256), "small": (20, 2048, 16)}
_FEW = {"big": 11, "small": 15}  # sectors, when all but the last clean ones are to be in use


class Scene:
    """A flash, the truth about it, and steps (functions of world and store) that are run after a mount."""

    def __init__(self, nor: Nor, world: World, steps: list) -> None:
        self.nor = nor
        self.world = world
        self.steps = steps


def _claimed(geometry: str, keys: int, sectors: int) -> "tuple[Nor, World, tables.Store]":
    """A store that was just taken into use, with keys that have unlocked."""
    _, size, page = GEOMETRIES[geometry]
    nor = Nor(sectors, size, page)
    world = World()
    store = open_store(nor)
    world.put(store, tables.AGENT, 1, 48)
    world.put(store, tables.LINK, 1, 21)
    for _ in range(keys):
        world.enrol(store)
    for _ in range(3):
        for handle in range(keys):
            world.step(store, handle)
        world.log(store)
    _drain(world, store)
    return nor, world, store


def _aged(geometry: str, keys: int, until: int) -> "tuple[Nor, World]":
    """A store in use: claimed, with keys and a log, its head sector filled until so many bytes are left."""
    nor, world, store = _claimed(geometry, keys, GEOMETRIES[geometry][0])
    journal = store._journal
    while not until <= nor.sector_size - journal._at < until + 80:
        world.step(store, world.log_next % keys)
        world.log(store)
        if journal.clean() < 4:
            _drain(world, store)
    return nor, world


def _crowded(geometry: str, left: int = 3) -> "tuple[Nor, World]":
    """A store that has to empty a sector before it is tidy again: one with all kinds of records, many superseded."""
    nor, world, store = _claimed(geometry, 3, _FEW[geometry])
    turn = 0
    while store._journal.clean() > left:
        world.put(store, tables.CONFIG + 1, turn, 60)
        if turn % 3 == 0:
            world.step(store, turn % 9 // 3)
        if turn % 10 == 0:
            world.log(store)
        turn += 1
        if turn % 9 == 0:
            _close(store)  # what is read at each start is less
    return nor, world


def _close(store: "tables.Store") -> None:
    """The head takes nothing more, as if it were full."""
    store._journal._begin()
    store._journal._at = store._journal.flash.sector_size


def _drain(world: World, store: "tables.Store") -> None:
    while store.maintain():
        pass


def _slices(world: World, store: "tables.Store") -> None:
    for _ in range(4):
        store.maintain()


def _enrol(world: World, store: "tables.Store") -> None:
    world.enrol(store)


def _step(world: World, store: "tables.Store") -> None:
    world.step(store, 0)


def _ahead(world: World, store: "tables.Store") -> None:
    world.step(store, 0, 4)


def _other(world: World, store: "tables.Store") -> None:
    world.step(store, 1)


def _revoke(world: World, store: "tables.Store") -> None:
    world.standing(store, 1, n.CRED_REVOKED)


def _suspect(world: World, store: "tables.Store") -> None:
    world.standing(store, 2, n.CRED_SUSPECT)


def _log(world: World, store: "tables.Store") -> None:
    world.log(store)


def _config(world: World, store: "tables.Store") -> None:
    world.put(store, tables.CONFIG, world.log_next, 4)


def _link(world: World, store: "tables.Store") -> None:
    world.put(store, tables.LINK, world.log_next + 100, 21)


def _time(world: World, store: "tables.Store") -> None:
    world.advance(store, tables.TIME, 1000 + world.log_next)


def _fill(world: World, store: "tables.Store") -> None:
    _close(store)
    world.step(store, 0)


def _update(world: World, store: "tables.Store") -> None:
    world.put(store, tables.UPDATE, world.values.get(tables.UPDATE, b"\0")[0] + 1, 40)


_scenes: "dict[tuple[str, str], Scene]" = {}  # made already: what ages a flash takes longer than most steps


def scene(name: str, geometry: str) -> Scene:
    """A workload by name, as new."""
    made = _scenes.get((name, geometry))
    if made is None:
        made = _scenes[name, geometry] = _scene(name, geometry)
    return Scene(made.nor.copy(made.nor.cells, made.nor.weak, 1), made.world.copy(), made.steps)


def _scene(name: str, geometry: str) -> Scene:
    if name in OLDER:
        nor, world = oldstore.image(OLDER[name], *GEOMETRIES[geometry])
        return Scene(nor, world, [_step, _drain, _log] if name == "older" else [_step, _slices, _log])
    if name == "compaction":
        return Scene(*_crowded(geometry), [_drain, _step])
    if name == "worn":
        nor, world = _crowded(geometry, 5)
        journal = open_store(nor)._journal
        following = min(journal._clean, key=lambda sector: journal._wear[sector])
        nor.stuck = {following: "program", journal._order[0]: "erase"}  # the next head, and what it makes room for
        return Scene(nor, world, [_fill, _drain, _step])
    if name == "first":
        sectors, size, page = GEOMETRIES[geometry]
        return Scene(Nor(sectors, size, page), World(), [_enrol, _step, _time])
    steps = {
        "enrol": [_enrol, _enrol],
        "unlock": [_step],
        "lost": [_step, _ahead, _step],
        "revoke": [_revoke, _suspect],
        "log": [_log, _log],
        "config": [_config, _config, _link, _time],
        "update": [_update, _update, _update],
        "turn": [_step, _other, _log, _step, _other, _log, _step, _drain],
    }[name]
    return Scene(*_aged(geometry, 3, 60 if name == "turn" else 900), steps)


OLDER = {"older" if shape == "alive" else "dead-" + shape: shape for shape in oldstore.SHAPES}
NAMES = tuple("enrol unlock lost revoke log config compaction update first turn worn".split()) + tuple(OLDER)
