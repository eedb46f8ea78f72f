# SPDX-License-Identifier: MIT
"""Operations of a flash that fail, one after the other, and what a step that failed leaves."""

from agent.errors import NightlatchError, StoreError
from agent.store import tables
from tests.model.nor import Nor
from tests.power.engine import difference
from tests.power.workloads import scene
from tests.power.world import World, look, open_store


def failing(
    name: str, geometry: str, fault: type, torn: bool, stride: int = 1, first: int = 0
) -> "tuple[int, list[str]]":
    """Every operation of a workload fails once: the step is done or not, nothing else is harmed, and work goes on.

    stride: one in so many does, from the first on.
    """
    out: list[str] = []
    place = first
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
        nor.fault_at = -1
        out += ["%s, operation %d, %r: %s" % (name, place, fault, said) for said in after(nor, store, before, world)]
        place += stride


def after(nor: Nor, store: "tables.Store", before: World, done: World) -> "list[str]":
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
