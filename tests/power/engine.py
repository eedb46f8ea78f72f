# SPDX-License-Identifier: MIT
"""Cuts: each program and erase of a workload, torn in each way, then a start, and a look at what it left.

A workload runs once, and every change to its flash is kept; a cut is the flash before that change, with a part of the
change done. Two deep, what the start and the next unlock write is cut in its turn. A cut has a name that replays it:
workload:geometry:seed:change.tear[:change.tear].
"""

from agent.errors import NightlatchError
from tests.model.dice import Dice
from tests.model.nor import TEARS, Misuse, Nor, torn
from tests.power.workloads import scene
from tests.power.world import look, open_store, opens

READS_MOST = 4000  # a start on these flashes; they hold 10 sectors
MOUNT_ERASES = 3
_PLACE = {tear: place for place, tear in enumerate(TEARS)}


class Failed(Exception):
    """A promise that did not hold."""


def run(name: str, geometry: str) -> list:
    """The changes of a workload: (what, address, data, cells before, weak before, world before, world after) each."""
    play = scene(name, geometry)
    nor, world = play.nor, play.world
    nor.trace = []
    store = open_store(nor)
    start = world.copy()
    out = [change + (start, start) for change in nor.trace]
    for step in play.steps:
        before = world.copy()
        nor.trace = []
        step(world, store)
        after = world.copy()
        out += [change + (before, after) for change in nor.trace]
    nor.trace = None
    return out


def after_cut(chip: Nor, change: tuple, tear: str, seed: int) -> Nor:
    """The flash that a cut in the middle of a change leaves."""
    what, addr, data, cells, weak = change[:5]
    dice = Dice(seed * 64 + _PLACE[tear] + addr)
    nor = chip.copy(cells, weak, seed + 1)
    torn(what, addr, data, nor.cells, nor.weak, chip.sector_size, tear, dice)
    return nor


def check(nor: Nor, before: "World", after: "World", mood: int) -> list:
    """Starts on what a cut left and looks. Returns the changes that the start and an unlock made; raises Failed."""
    nor.trace = []
    store = open_store(nor, mood)
    if nor.reads > READS_MOST or nor.erases > MOUNT_ERASES:
        raise Failed("the start took %d reads and %d erases" % (nor.reads, nor.erases))
    seen = look(store)
    world = before
    if seen != before.view():
        if seen != after.view():
            raise Failed("between: " + difference(seen, before.view(), after.view()))
        world = after
    if store.damage():
        raise Failed("reports a damage that is none")
    secrets(nor, world)
    if 0 in seen[0]:
        nor.trace, trace = [], nor.trace
        erases = nor.erases
        said = opens(store, before, after, 0)
        if said:
            raise Failed(said)
        if nor.erases != erases:
            raise Failed("an erase on the path of an unlock")
        opened = world.copy()
        opened.open(before, after, 0)
        trace = [change + (before, after) for change in trace] + [change + (world, opened) for change in nor.trace]
    else:
        trace = [change + (before, after) for change in nor.trace]
    nor.trace = None
    seen = look(store)
    again = open_store(nor, (mood + 1) % 3)
    if look(again) != seen:
        raise Failed("another start shows another state: " + difference(look(again), seen))
    return trace


def difference(seen: tuple, *wanted: tuple) -> str:
    """Where a look at a store differs from the views of worlds."""
    out = []
    for view in wanted:
        for have, want in zip(seen, view):
            if isinstance(have, dict):
                keys = [key for key in set(have) | set(want) if have.get(key) != want.get(key)]
                out += ["%r is %r, not %r" % (key, have.get(key), want.get(key)) for key in keys]
            elif have != want:
                out.append("log %r, not %r" % (have, want))
        out.append("or")
    return "; ".join(out[:-1])


def secrets(nor: Nor, world: "World") -> None:
    """No superseded secret stands in the flash as it reads now."""
    raw = bytearray(len(nor.cells))
    trace, nor.trace = nor.trace, None
    nor.read(0, raw)
    nor.trace = trace
    image = bytes(raw)
    for secret in world.dead[-24:]:
        if secret[:8] in image or secret[8:] in image:
            raise Failed("an old secret can be read")


def cut(chip: Nor, changes: list, place: int, tear: str, seed: int) -> "tuple[Nor, World, World]":
    """The flash after one cut, and the worlds before and after it."""
    change = changes[place]
    return after_cut(chip, change, tear, seed), change[5], change[6]


def tried(name: str, nor: Nor, before: "World", after: "World", mood: int, failures: list) -> list:
    """check(), with a failure noted under its name; the changes that it made, none when it failed."""
    try:
        return check(nor, before, after, mood)
    except (Failed, Misuse, NightlatchError, AssertionError) as error:
        failures.append("%s %s %s" % (name, type(error).__name__, str(error)[:300]))
    return []


def enumerate_cuts(name: str, geometry: str, seed: int, deep: int, part: int, parts: int) -> "tuple[int, list]":
    """Every change and tear of a workload: how many cuts, and the failures. `deep`: of the second cuts one in so many
    is tried, 0 for none. Of all first changes, those of one part."""
    chip = scene("first", geometry).nor
    changes = run(name, geometry)
    count = 0
    failures: list[str] = []
    for place in range(part, len(changes), parts):
        for tear in TEARS:
            ident = "%s:%s:%d:%d.%s" % (name, geometry, seed, place, tear)
            nor, before, after = cut(chip, changes, place, tear, seed)
            count += 1
            further = tried(ident, nor, before, after, (place + _PLACE[tear] + seed) % 3, failures)
            for second in range(len(further) if deep else 0):
                for other in TEARS:
                    if deep > 1 and (second * len(TEARS) + _PLACE[other] + place + seed) % deep:
                        continue
                    count += 1
                    again, then, later = cut(chip, further, second, other, seed + 7)
                    which = (second + _PLACE[other] + seed) % 3
                    tried("%s:%d.%s" % (ident, second, other), again, then, later, which, failures)
    return count, failures


def replay(ident: str) -> str:
    """Runs one cut again by its name; "" when it holds, or what does not."""
    name, geometry, seed, *cuts = ident.split(":")
    chip = scene("first", geometry).nor
    place, tear = cuts[0].split(".")
    nor, before, after = cut(chip, run(name, geometry), int(place), tear, int(seed))
    failures: list[str] = []
    further = tried(ident, nor, before, after, (int(place) + _PLACE[tear] + int(seed)) % 3, failures)
    if len(cuts) > 1 and not failures:
        second, other = cuts[1].split(".")
        again, then, later = cut(chip, further, int(second), other, int(seed) + 7)
        tried(ident, again, then, later, (int(second) + _PLACE[other] + int(seed)) % 3, failures)
    return "\n".join(failures)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.power.world import World
