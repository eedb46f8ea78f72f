# SPDX-License-Identifier: MIT
"""Cells that can't decide: what they say once is not believed, whichever way it is. Functions return what broke."""

from agent.store import tables
from agent.store.ring.layout import FIXED, ROLL, VALUE
from tests.model.moods import Moody
from tests.model.nor import MOODS
from tests.power import engine
from tests.power.workloads import GEOMETRIES, scene
from tests.power.world import World, look, open_store, readable

TEARS = "mMwe"  # that leave weak cells
SHORT = 32  # the shortest record that a workload writes


def misread(geometry: str) -> "list[str]":
    """A byte of a record that is live reads wrong once, at a start or later: nothing is lost."""
    nor = Moody(*GEOMETRIES[geometry])
    world = World()
    store = open_store(nor)
    for _ in range(2):
        world.enrol(store)
        world.step(store, 0)
    world.put(store, tables.CONFIG, 1, 20)
    world.put(store, tables.LINK, 1, 21)
    for _ in range(3):
        world.log(store)  # so that none of those is last
    out = []
    for kind, place in ((FIXED, 0), (FIXED, 1), (ROLL, 0), (ROLL, 1), (VALUE, tables.CONFIG), (VALUE, tables.LINK)):
        start = store.at(kind, place)
        for at in range(start + 2, start + 16):  # its sum and its body; its length leads on to the next one
            for mask in (1, 0xFF):
                told = "type %d of %d, byte %d: " % (kind, place, at - start)
                out += [told + said for said in _misread(nor, world, at, mask)]
    return out


def _misread(nor: Moody, world: World, at: int, mask: int) -> "list[str]":
    """Each reading of a byte in turn is wrong, at a start and then by a look."""
    image = bytes(nor.cells)
    skipped = 0
    out = []
    while True:
        nor.wrong, nor.wrong_after = {at: mask}, skipped
        store = open_store(nor)
        at_start = not nor.wrong
        good = look(store) == world.view() and not store.damage()
        nor.cells[:] = image
        if nor.wrong:
            return out
        if not good:
            out.append("lost, by reading %d, %s" % (skipped, "at a start" if at_start else "later"))
        skipped += 1


def half_killed(geometry: str) -> "list[str]":
    """A cut leaves the kill of an old secret weak. After the start it is gone for good, and not just for today.

    The secret stands in the sector that is written, and in one before it.
    """
    out = []
    for name in ("unlock", "config", "revoke"):
        for fresh in (False, True):
            out += _half_killed(name, geometry, fresh)
    return out


def _half_killed(name: str, geometry: str, fresh: bool) -> "list[str]":
    play = scene(name, geometry)
    nor, world = play.nor, play.world
    store = open_store(nor)
    while fresh and nor.sector_size - store._journal._at >= SHORT:
        world.log(store)  # the next record opens a sector
    out = []
    for step in play.steps[:3]:
        before = world.copy()
        nor.trace = []
        step(world, store)
        for place, change in enumerate(nor.trace):
            for tear in TEARS:
                cut = engine.after_cut(nor, change, tear, place)
                if not cut.weak:
                    continue
                for mood in range(MOODS):
                    told = _gone(cut.copy(cut.cells, cut.weak, place), before, world, mood)
                    out += ["%s %d.%s, mood %d: %s" % (name, place, tear, mood, said) for said in told]
        nor.trace = None
    return out


def _gone(nor: "Nor", before: World, after: World, mood: int) -> "list[str]":
    store = open_store(nor, mood)
    seen = look(store)
    if seen not in (before.view(), after.view()):
        return ["between"]
    dead = after.dead if seen == after.view() else before.dead
    for other in range(MOODS):
        nor.mood = other
        raw = bytearray(len(nor.cells))
        nor.read(0, raw)
        if readable(bytes(raw), dead):
            return ["an old secret can be read again"]
    if look(open_store(nor, (mood + 1) % MOODS)) != seen:
        return ["another start shows another state"]
    return []


TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.model.nor import Nor
