# SPDX-License-Identifier: MIT
"""Runs under MicroPython: the heap ends at every allocation of a workload; the same promises as for a flash that fails.

The collector is off, and all of the heap but so many blocks is taken. With every run there is one pair of blocks more,
or as many as stand behind the name of the workload, times the stride; the first run has as many as the part's first.
"""

import gc
import sys

from agent.errors import NightlatchError
from agent.store import journal  # noqa: F401  # an import within an import takes stack
from tests.model.faults import after
from tests.power.workloads import scene
from tests.power.world import open_store

FAULTS = (NightlatchError, OSError, MemoryError)  # made before there is no room for it
SIZES = (1 << 16, 1 << 12, 1 << 8, 0)  # of what fills the heap; the last are small, and given back one by one
HOLE = 1 << 15  # which those last ones fill
ENOUGH = 6  # runs in a row that got through


def starved(name: str, geometry: str, blocks: int) -> "tuple[bool, list[str]]":
    """A workload with so much of the heap; whether it got through, and what broke."""
    play = scene(name, geometry)
    world = play.world
    store = open_store(play.nor)
    before = world.copy()
    through = False
    gc.collect()
    gc.disable()
    ballast: list | None = None
    hole = [bytearray(HOLE)]
    for size in SIZES:
        if not size:
            hole.clear()
            gc.collect()
        try:
            while True:
                ballast = [ballast, bytearray(size) if size else None]
        except MemoryError:
            pass
    while blocks and ballast:
        ballast[0], ballast = None, ballast[0]
        blocks -= 1
    gc.collect()
    try:
        for step in play.steps:
            before = world.copy()
            step(world, store)
        through = True
    except FAULTS:
        pass
    while ballast:
        ballast[0], ballast = None, ballast[0]  # a stale pointer on the stack then holds one of them, not all
    gc.enable()
    gc.collect()
    return through, after(play.nor, store, before, world)


total = 0
geometry, *names = sys.argv[3:]
first, stride = int(sys.argv[1]), int(sys.argv[2])
for name in names:
    name, _, pace = name.partition("/")
    each = int(pace or 1)
    blocks, passed = each * first, 0
    while passed < ENOUGH:
        through, broken = starved(name, geometry, blocks)
        passed = passed + 1 if through else 0
        for line in broken:
            print(name, blocks, line)
        total += 1 - through
        blocks += each * stride
print("starved", total)
