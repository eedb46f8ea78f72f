# SPDX-License-Identifier: MIT
"""Runs under MicroPython: an update's way into a slot and out of it, cut at every program and erase."""

import gc
import json

from slots.choice import FACTORY, Boot
from slots.slot import BAD, CONFIRMED, CRASHES, READY, TRIES, Slot

from agent.update.trust import Trust
from agent.update.updates import Updates
from tests.model.dice import Dice
from tests.model.nor import Nor, torn
from tests.unit.upy_kit import Bench, raises, run
from wire import bundle
from wire import messages as m
from wire import numbers as n

SECTORS = 3
TEARS = ("0", "h", "1", "S", "M", "e")
with open("tests/vectors/update.json") as file:
    VECTORS = json.load(file)
ONE, TWO = [bytes.fromhex(VECTORS["good"][name]) for name in ("one", "two")]
BAD_ONES = {name: bytes.fromhex(value) for name, value in VECTORS["bad"].items()}
KEY = bytes.fromhex(VECTORS["fingerprint"])
CODES = {
    "bad_signature": n.C_BAD_SIGNATURE,
    "wrong_board": n.C_WRONG_BOARD,
    "old_version": n.C_OLD_VERSION,
    "bad_image": n.C_BAD_IMAGE,
}


def chip():
    return Nor(SECTORS, 4096, 256)


class Car:
    """A board with two slots, and the updates of the agent that runs on it."""

    def __init__(self, chips=None, crashed=False, bench=None):
        self.chips = chips or [chip(), chip()]
        self.bench = bench or Bench()
        self.boot = Boot([Slot(nor, lambda: None) for nor in self.chips], "UNIX")
        self.boot.choose(crashed)
        self.trust = Trust(self.bench.store)
        if not self.trust.known():
            self.trust.set(key=KEY)
        self.links = 12
        self.restarts = 0
        self.updates = Updates(self.boot, self.bench.car, self.trust, lambda: False, lambda: self.links, self.restart)

    def restart(self):
        self.restarts += 1

    def again(self, crashed=False):
        """The next start."""
        for nor in self.chips:
            nor.power_up(0)
        return Car(self.chips, crashed, self.bench)

    def work(self):
        """Idle time, until nothing is left to do."""
        while self.updates._job is not None:
            self.updates._step(self.updates._job)

    def take(self, data, fresh=False):
        """What a host does; the code that it ends with."""
        raw, body = data[: bundle.MANIFEST_SIZE], data[bundle.MANIFEST_SIZE :]
        try:
            self.updates.begin(raw, fresh)
            self.work()
            if self.updates.phase == m.UPDATE_RECEIVING:
                blocks = [body[at : at + bundle.BLOCK] for at in range(0, len(body), bundle.BLOCK)]
                for number in missing(self.updates, blocks):
                    self.updates.block(number, blocks[number])
                self.updates.finish()
                self.work()
        except Exception as error:
            if not hasattr(error, "code"):
                raise
            return error.code
        return self.updates.code

    def prove(self):
        """The agent finds that it works."""
        self.updates._proven = False
        self.updates._prove()


def missing(updates, blocks):
    from binascii import crc32

    found = []
    while len(found) < len(blocks):
        following, words = updates.crcs(len(found))
        found += [int.from_bytes(words[at : at + 4], "big") for at in range(0, len(words), 4)]
        assert following == len(found)
    wrong = [at for at, block in enumerate(blocks) if crc32(block) & 0xFFFFFFFF != found[at]]
    first = wrong[0] if wrong else len(blocks)
    return ([first - 1] if first else []) + wrong


def confirmed():
    """A car that runs the first update, which proved itself."""
    car = Car()
    assert car.take(ONE) == n.C_OK
    car = car.again()
    assert (car.boot.running, car.boot.trial) == (0, True)
    car.prove()
    assert car.boot.slots[0].marked(CONFIRMED) and car.trust.read()["floor"] == 0x00010000
    return car.again()


def test_the_newest_that_may_runs():
    car = confirmed()
    assert (car.boot.running, car.boot.trial) == (0, False)
    assert car.take(TWO) == n.C_OK
    car = car.again()
    assert (car.boot.running, car.boot.trial) == (1, True)
    car.prove()
    car = car.again()
    assert (car.boot.running, car.boot.trial) == (1, False)
    car.boot.give_up()
    assert car.again().boot.running == 0


def test_trials_end():
    car = confirmed()
    assert car.take(TWO) == n.C_OK
    for _ in range(TRIES):  # the power fails before it proves itself
        car = car.again()
        assert (car.boot.running, car.boot.trial) == (1, True)
    car = car.again()
    assert car.boot.running == 0 and car.boot.slots[1].marked(BAD)


def test_a_trial_that_hangs_has_one():
    car = confirmed()
    assert car.take(TWO) == n.C_OK
    car = car.again(crashed=True)  # the reset that leads into it is no fault of its own
    assert car.boot.running == 1
    car = car.again(crashed=True)
    assert car.boot.running == 0 and car.boot.slots[1].marked(BAD)


def test_a_trial_needs_the_links_that_worked_before():
    car = confirmed()
    assert car.take(TWO) == n.C_OK
    car.updates.begin_trial()
    car = car.again()
    car.links = 4
    car.prove()
    assert not car.boot.slots[1].marked(CONFIRMED)
    car.links = 12
    car.prove()
    assert car.boot.slots[1].marked(CONFIRMED)


def test_a_crash_loop_falls_back_and_a_steady_run_forgives():
    car = confirmed()
    for _ in range(CRASHES - 1):
        car = car.again(crashed=True)
        assert car.boot.running == 0
    car.prove()
    for _ in range(CRASHES - 1):
        car = car.again(crashed=True)
        assert car.boot.running == 0
    assert car.again(crashed=True).boot.running == FACTORY
    assert car.again().boot.running == FACTORY, "and it stays so"


def test_what_rots_is_not_started():
    car = confirmed()
    car.chips[0].cells[4096 + 700] ^= 1
    assert car.again().boot.running == FACTORY


def test_refusals():
    for name, data in BAD_ONES.items():
        car = confirmed()
        assert car.take(data) == CODES[name], name
        assert not car.boot.slots[1].marked(READY), name
        assert car.again().boot.running == 0, name
    car = confirmed()
    body = bundle.MANIFEST_SIZE
    for at in list(range(4, body, 5)) + list(range(body, len(TWO), 211)) + list(range(len(TWO) - 64, len(TWO), 9)):
        bent = bytearray(TWO)
        bent[at] ^= 1 << at % 8
        assert car.take(bytes(bent)) != n.C_OK, at
        assert not car.boot.slots[1].marked(READY), at
    assert car.take(TWO, True) == n.C_OK


def test_without_a_key_nothing_is_taken():
    car = confirmed()
    car.trust.set(key=bytes(32))
    erased = car.chips[1].erases
    assert car.take(TWO) == n.C_NO_TRUST and car.chips[1].erases == erased


def test_the_floor_never_falls():
    car = confirmed()
    car.trust.set(floor=5)
    assert car.trust.read()["floor"] == 0x00010000
    car.trust.set(floor=0x00030000)
    assert car.take(TWO) == n.C_OLD_VERSION


def test_out_of_turn():
    car = confirmed()
    updates = car.updates
    for call in (updates.finish, updates.begin_trial):
        assert raises(Exception, call)
    assert raises(Exception, updates.block, 0, b"x") and raises(Exception, updates.crcs, 0)
    updates.begin(TWO[: bundle.MANIFEST_SIZE], False)
    assert raises(Exception, updates.begin, TWO[: bundle.MANIFEST_SIZE], False), "it is erasing"
    car.work()
    for number, size in ((0, bundle.BLOCK - 1), (5, 1000), (99, 1), (5, bundle.BLOCK)):
        assert raises(Exception, updates.block, number, bytes(size)), (number, size)


def story(car):
    """All that programs or erases the second slot: erase, receive, ready, trials, confirmed, crashes, given up."""
    assert car.take(TWO) == n.C_OK
    car = car.again()
    car = car.again()
    car.prove()
    car = car.again(crashed=True)
    car.prove()
    car.boot.give_up()
    car = car.again()
    code = car.take(TWO)
    assert code == n.C_OK, (code, "once more into a slot that is full")
    return car.again()


class Cutter:
    """Takes the place of a chip's trace: at each operation the power fails, and all that may follow is looked at."""

    def __init__(self, car):
        self.chips, self.bench = car.chips, car.bench
        self.index = self.cuts = 0

    def append(self, operation):
        self.index += 1
        what, addr, data, cells, weak = operation
        for tear in TEARS:
            after, soft = bytearray(cells), dict(weak)
            torn(what, addr, data, after, soft, 4096, tear, Dice(self.index * 31 + 7))
            for mood in range(3):
                gc.collect()
                cut = self.chips[1].copy(after, soft, self.index)
                cut.power_up(mood)
                other = self.chips[0].copy(self.chips[0].cells, {}, 1)
                other.power_up(0)
                self.look(Car([other, cut], False, self.bench), (self.index, what, addr, tear, mood))
                self.cuts += 1

    def look(self, car, where):
        assert car.boot.running in (0, 1), where
        if car.boot.running == 1:
            slot = car.boot.slots[1]
            assert slot.raw() == TWO[: bundle.MANIFEST_SIZE] and slot.whole(), where
            car.prove()
            assert not car.boot.trial and car.again().boot.running == 1, where
            return
        code = car.take(TWO)
        if code != n.C_OK:  # what can't be made good in place is erased
            code = car.take(TWO, True)
        assert code == n.C_OK, where + (code,)
        assert car.again().boot.running == 1, where


def test_a_cut_at_every_program_and_erase():
    car = confirmed()
    cutter = Cutter(car)
    car.chips[1].trace = cutter
    story(car)
    assert cutter.index >= 30, cutter.index
    print("cuts", cutter.cuts)


run(globals())
