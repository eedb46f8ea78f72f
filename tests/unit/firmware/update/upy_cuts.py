# SPDX-License-Identifier: MIT
"""Runs under MicroPython: the power fails at every program and erase of an update's life, torn in every way.

Arguments: the first of them, and how many to the next.
"""

import gc
import sys

from slots.slot import CONFIRMED

from tests.kit.target import Bench, raises, run
from tests.model.dice import Dice
from tests.model.nor import Nor
from tests.model.tears import torn
from tests.unit.firmware.update.slots_bench import TWO, Car, confirmed
from wire import bundle
from wire import numbers as n

FIRST, STRIDE = int(sys.argv[1]), int(sys.argv[2])
TEARS = ("0", "h", "1", "S", "M", "e")


def story(car):
    """All that programs or erases the other slot: erase, receive, ready, trials, confirmed, crashes, given up."""
    assert car.take(TWO) == n.C_OK
    car.updates.begin_trial()
    car = car.again()
    car = car.again()
    car.prove()
    car.bench.audit.flush()
    car = car.again(crashed=True)
    car.prove()
    car.boot.give_up()
    car = car.again()
    code = car.take(TWO)
    assert code == n.C_OK, (code, "once more into a slot that is full")
    return car.again()


class Cutter:
    """Takes the place of a chip's trace: at each operation the power fails, and all that may follow is looked at."""

    def __init__(self, car, index):
        self.chips, self.bench, self.slot = car.chips, car.bench, index
        self.index = self.cuts = 0

    def append(self, operation):
        self.index += 1
        what, addr, data, cells, weak = operation
        if what == "erase" and cells[:4] != b"\xff" * 4:
            assert not any(cells[: bundle.MANIFEST_SIZE + 4]), "what was there is void before the first erase"
        if self.index % STRIDE != FIRST:
            return
        for tear in TEARS:
            after, soft = bytearray(cells), dict(weak)
            torn(what, addr, data, after, soft, 4096, tear, Dice(self.index * 31 + 7))
            for mood in range(3):
                gc.collect()
                chips = [copied(nor) for nor in self.chips]
                chips[self.slot] = self.chips[self.slot].copy(after, soft, self.index)
                chips[self.slot].power_up(mood)
                look(Car(chips, False, self.bench), self.slot, (self.index, what, addr, tear, mood))
                self.cuts += 1


class StoreCutter:
    """The same for the store, while the slots are as they were."""

    def __init__(self, car):
        self.chips, self.flash = car.chips, car.bench.flash
        self.after = bytearray(self.flash.cells)  # one for all: the heap has few pieces of this size
        self.index = self.cuts = 0

    def append(self, operation):
        self.index += 1
        what, addr, data, cells, weak = operation
        if self.index % STRIDE != FIRST:
            return
        for tear in TEARS:
            gc.collect()
            self.after[:], soft = cells, dict(weak)
            torn(what, addr, data, self.after, soft, 4096, tear, Dice(self.index * 31 + 7))
            flash = self.flash.copy(b"", soft, self.index)
            flash.cells = self.after
            flash.power_up(0)
            look(
                Car([copied(nor) for nor in self.chips], False, Bench(flash=flash)),
                1,
                (self.index, addr, tear),
            )
            self.cuts += 1


def copied(nor):
    other = nor.copy(nor.cells, {}, 1)
    other.power_up(0)
    return other


def look(car, index, where):
    """Whatever was cut: one of the two runs, whole; its floor is known or will be; the update can still be had."""
    assert car.boot.running in (0, 1), where
    assert car.trust.known() and car.trust.read()["floor"] in (0x00010000, 0x00020000), where
    if car.boot.running == index:
        slot = car.boot.slots[index]
        assert slot.raw() == TWO[: bundle.MANIFEST_SIZE] and slot.whole(), where
        car.prove()
        assert car.trust.read()["floor"] == 0x00020000, where
        assert not car.boot.trial and car.again().boot.running == index, where
        return
    code = car.take(TWO)
    if code != n.C_OK:  # what can't be made good in place is erased
        code = car.take(TWO, True)
    assert code == n.C_OK, where + (code,)
    assert car.again().boot.running == index, where


def test_a_cut_at_every_program_and_erase_of_the_second_slot():
    car = confirmed()
    cutter = Cutter(car, 1)
    car.chips[1].trace = cutter
    story(car)
    assert cutter.index >= 30, cutter.index
    print("cuts", cutter.cuts)


def test_a_cut_at_every_program_and_erase_of_the_first_slot():
    car = confirmed()
    car = Car([car.chips[1], car.chips[0]], False, car.bench)
    assert (car.boot.running, car.boot.target()) == (1, 0)
    cutter = Cutter(car, 0)
    car.chips[0].trace = cutter
    story(car)
    assert cutter.index >= 30, cutter.index
    print("cuts", cutter.cuts)


def test_a_cut_at_every_program_and_erase_of_the_store():
    car = confirmed(Bench(flash=Nor(16, 4096, 256)))
    cutter = StoreCutter(car)
    car.bench.flash.trace = cutter
    story(car)
    assert cutter.index >= 8, cutter.index
    print("cuts", cutter.cuts)


def test_a_cut_between_the_proof_and_its_floor():
    car = confirmed()
    assert car.take(TWO) == n.C_OK
    car = car.again()
    car.trust.set = None
    assert raises(TypeError, car.prove)
    assert car.boot.slots[1].marked(CONFIRMED)
    car = car.again()
    assert (car.boot.running, car.boot.trial, car.trust.read()["floor"]) == (1, False, 0x00010000)
    car.prove()
    assert car.trust.read()["floor"] == 0x00020000, "the next run makes up for it"


run(globals())
