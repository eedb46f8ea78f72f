# SPDX-License-Identifier: MIT
"""Runs under MicroPython: an update's way into a slot and out of it; what is refused, and what is given up."""

from slots.choice import FACTORY
from slots.slot import BAD, CONFIRMED, CRASHES, READY, TRIES, Slot

from tests.kit.target import raises, run
from tests.model.dice import Dice
from tests.model.tears import torn
from tests.unit.firmware.update.slots_bench import TWO, VECTORS, chip, confirmed
from wire import bundle
from wire import numbers as n

BAD_ONES = {name: bytes.fromhex(value) for name, value in VECTORS["bad"].items()}
CODES = {
    "bad_signature": n.C_BAD_SIGNATURE,
    "wrong_board": n.C_WRONG_BOARD,
    "old_version": n.C_OLD_VERSION,
    "bad_image": n.C_BAD_IMAGE,
}


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


def test_an_update_goes_on_in_the_slot_where_it_stopped():
    car = confirmed()
    car.boot.give_up()
    car = car.again()
    assert car.boot.running == FACTORY
    stopped = car.boot.target()
    car.updates.begin(TWO[: bundle.MANIFEST_SIZE], False)
    car.work()
    car.updates.block(0, TWO[bundle.MANIFEST_SIZE :][: bundle.BLOCK])
    for _ in range(2):  # the power fails, and fails again
        car = car.again()
        assert car.boot.target() == stopped and car.boot.slots[stopped].partial()
    assert car.take(TWO) == n.C_OK and car.boot.slots[stopped].marked(READY)


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
    for at in (
        list(range(4, body, 5)) + list(range(body, len(TWO), 211)) + list(range(len(TWO) - 64, len(TWO), 9))
    ):
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
    last = bundle.blocks(len(TWO) - bundle.MANIFEST_SIZE - bundle.TRAILER_SIZE) - 1
    for number, size in ((0, bundle.BLOCK - 1), (last, 1000), (99, 1), (last, bundle.BLOCK)):
        assert raises(Exception, updates.block, number, bytes(size)), (number, size)


def test_a_mark_that_was_read_stays():
    """It was cut short, and its cells can't decide: once somebody went by it, it is set in every later reading."""
    at = 256 + 16 * BAD
    seen = 0
    for seed in range(60):
        nor = chip()
        torn("program", at, bytes(16), nor.cells, nor.weak, 4096, "wm"[seed & 1], Dice(seed))
        if not Slot(nor, None).marked(BAD):
            continue
        seen += 1
        for mood in (1, 2, 0):
            nor.power_up(mood)
            assert Slot(nor, None).marked(BAD), (seed, mood)
    assert seen > 20, seen


run(globals())
