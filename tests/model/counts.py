# SPDX-License-Identifier: MIT
"""What is counted, and told: starts, crashes in a row, erases of each sector, room. Functions return what broke."""

from binascii import crc32

from agent.store import tables
from agent.store.mount import rescue
from agent.store.ring import marks
from tests.model.dice import Dice
from tests.model.nor import Nor
from tests.power.unit import boot
from tests.power.workloads import GEOMETRIES
from tests.power.world import World

STARTS = 32  # that one record holds


def starts(geometry: str) -> "list[str]":
    """Starts that last a minute and such that don't, with idle time or without: none is missed while there is room."""
    out = []
    for seed in range(3):
        nor, dice = Nor(*GEOMETRIES[geometry]), Dice(seed)
        unit = boot(nor)
        while unit.idle():
            pass
        want, crashes = 1, 0  # the first one counted is the claim, and no crash
        for turn in range(150):
            unit = boot(nor)
            want += 1
            told = unit.tally.boots, unit.tally.crashes
            if told != (want, crashes):
                out.append("seed %d: %r, not %r" % (seed, told, (want, crashes)))
                want, crashes = told
            lasts, idle = dice.roll(4) == 0, turn % 6 == 0
            if lasts and dice.roll(2):
                unit.steady()
            while idle and unit.idle():
                pass
            if lasts:
                unit.steady()
            crashes = 0 if lasts else crashes
            if (unit.tally.crashes == 0) != lasts and crashes:
                out.append("seed %d: steady, and %d crashes" % (seed, unit.tally.crashes))
            crashes += 0 if lasts else 1
    return out


def overflow(geometry: str) -> "list[str]":
    """Starts without idle time: they are counted up to what a record holds, take no room, and go on from there."""
    nor = Nor(*GEOMETRIES[geometry])
    unit = boot(nor)
    while unit.idle():
        pass
    image, told = b"", []
    for turn in range(3 * STARTS):
        unit = boot(nor)
        told.append((unit.tally.boots, unit.tally.crashes))
        if turn == STARTS:
            image = bytes(nor.cells)
    out = []
    if told != [(min(turn + 2, STARTS), min(turn, STARTS - 1)) for turn in range(3 * STARTS)]:
        out.append("%r" % told)
    if bytes(nor.cells) != image:
        out.append("what can't be counted is written")
    while unit.idle():
        pass
    before = unit.tally.boots
    if boot(nor).tally.boots != before + 1:
        out.append("idle time makes no room for more")
    return out


def wear(geometry: str) -> "list[str]":
    """Each sector knows how often it was erased, over starts and retirements, and all take their turn."""
    nor = Nor(*GEOMETRIES[geometry])
    world = World()
    unit = boot(nor)
    for _ in range(3):
        world.enrol(unit.store)
    out = []
    for turn in range(2500):
        world.step(unit.store, turn % 3)
        world.put(unit.store, tables.CONFIG, turn, 60)
        world.dead.clear()
        while unit.idle():
            pass
        if turn % 500 == 499:
            journal = unit.store._journal
            known = list(journal._wear)
            if known != nor.wear or journal.wear() != max(nor.wear):
                out.append("turn %d: %r, not %r" % (turn, known, nor.wear))
            unit = boot(nor)
            known = list(unit.store._journal._wear)
            if known != nor.wear:
                out.append("turn %d, after a start: %r, not %r" % (turn, known, nor.wear))
    if max(nor.wear) - min(nor.wear) > 3 or min(nor.wear) < 3:
        out.append("they wear unlike: %r" % nor.wear)
    return out


def room(geometry: str) -> "list[str]":
    """What is told of room falls by what is written, to the byte, and idle time brings it back."""
    sectors, size, _ = GEOMETRIES[geometry]
    nor = Nor(*GEOMETRIES[geometry])
    store = boot(nor).store
    out = []
    if store.room() != (sectors - 2) * (size - 48) or store._journal.free() != sectors or store._journal.clean():
        out.append("a blank chip has %d" % store.room())
    while store.maintain():
        pass
    before = store.room()
    if before != (sectors - 2) * (size - 48) or store._journal.clean() != sectors - 1:
        out.append("of which %d after idle time, %d clean" % (before, store._journal.clean()))
    store.put(tables.CONFIG, bytes(20))
    if before - store.room() != 28:
        out.append("22 bytes take %d" % (before - store.room()))
    for turn in range(3 * size // 76 + 3):
        store.put(tables.CONFIG, bytes((turn % 255 + 1,)) * 64)
    if store._journal.clean() not in (sectors - 4, sectors - 3):
        out.append("%d are clean" % store._journal.clean())
    while store.maintain():
        pass
    if store._journal.clean() < 4 or store.room() <= 0 or store._journal.retired():
        out.append("idle time leaves %d clean, %d room" % (store._journal.clean(), store.room()))
    return out


def backwards() -> "list[str]":
    """A CRC run backwards tells what it began with; a use mark is told from another by its bits."""
    dice = Dice(3)
    out = []
    for turn in range(60):
        number = dice.roll(1 << 16) << 16 | dice.roll(1 << 16)
        data = bytes([dice.roll(256) for _ in range(turn % 40)])
        if rescue.implied(crc32(number.to_bytes(4, "little") + data) & 0xFFFFFFFF, data) != number:
            out.append("%d before %r" % (number, data))
    for sequence in (0, 1, 77, 0xFFFFFF):
        head = bytearray(32) + marks.use_mark(sequence, 5)
        for bits in range(8):
            if marks.distance(bytes(head), sequence) != bits:
                out.append("%d bits of %d" % (bits, sequence))
            head[32 + (bits * 3) % 8] ^= 1 << bits
    return out
