# SPDX-License-Identifier: MIT
"""Runs under MicroPython: ways by which an update could get in, get back or get stuck that it must not have."""

import os
import sys

import main as entry
import start
from slots.choice import FACTORY
from slots.slot import BAD, CONFIRMED, READY

from tests.kit.target import raises, run
from tests.unit.firmware.update.slots_bench import KEY, ONE, TWO, confirmed, missing
from wire import bundle
from wire import messages as m
from wire import numbers as n


def test_a_power_cut_starts_no_trial_that_needs_nothing():
    """The update is ready and nobody asked for its start: what worked while it was judged must work all the same."""
    car = confirmed()
    assert car.take(TWO) == n.C_OK
    car = car.again()
    assert (car.boot.running, car.boot.trial) == (1, True)
    car.links = 4
    car.prove()
    assert not car.boot.slots[1].marked(CONFIRMED)


def test_the_way_back_stays_while_an_update_is_on_trial():
    car = confirmed()
    assert car.take(TWO) == n.C_OK
    car = car.again()
    assert (car.boot.running, car.boot.trial) == (1, True)
    erased = car.chips[0].erases
    assert car.take(ONE) == n.C_NO_UPDATE and car.take(TWO, True) == n.C_NO_UPDATE
    assert car.chips[0].erases == erased and car.boot.slots[0].bootable("UNIX")


def test_what_runs_is_not_taken_again():
    """It would cost the way back, and of two that are the same age nobody could say which one runs."""
    car = confirmed()
    assert car.take(TWO) == n.C_OK
    car = car.again()
    car.prove()
    car = car.again()
    assert (car.boot.running, car.boot.trial) == (1, False)
    for fresh in (False, True):
        assert car.take(TWO, fresh) != n.C_OK
    assert car.boot.slots[0].bootable("UNIX")


def test_an_update_that_rotted_before_its_start_is_sent_again():
    car = confirmed()
    assert car.take(TWO) == n.C_OK
    car.chips[1].cells[4096 + 700] ^= 1
    assert car.take(TWO) == n.C_OK
    assert car.again().boot.running == 1


def test_a_slot_that_does_not_erase_is_not_ready():
    """Marks that stay in a worn sector are those of what was there before."""
    car = confirmed()
    assert car.take(TWO) == n.C_OK
    nor = car.chips[1]
    marks = bytes(nor.cells[256:512])
    erase = nor.erase

    def worn(sector):
        erase(sector)
        if sector == 0:
            nor.cells[256:512] = marks

    nor.erase = worn
    bent = bytearray(TWO)
    bent[-1] ^= 1
    code = car.take(bytes(bent), True)
    assert car.again().boot.running == 0, "nobody found its signature right"
    assert code == n.C_FAULT


def test_a_key_that_is_no_longer_trusted_starts_nothing():
    car = confirmed()
    assert car.take(TWO) == n.C_OK
    car.updates.rely_on(bytes(32))
    assert car.boot.slots[1].marked(BAD) and raises(Exception, car.updates.begin_trial)
    assert car.boot.slots[0].bootable("UNIX"), "what proved itself stays"
    assert car.again().boot.running == 0
    car.updates.rely_on(KEY)
    assert car.take(TWO) == n.C_OK


def test_a_key_that_goes_while_the_judge_is_at_work():
    car = confirmed()
    updates = car.updates
    updates.begin(TWO[: bundle.MANIFEST_SIZE], False)
    car.work()
    body = TWO[bundle.MANIFEST_SIZE :]
    blocks = [body[at : at + bundle.BLOCK] for at in range(0, len(body), bundle.BLOCK)]
    for number in missing(updates, blocks):
        updates.block(number, blocks[number])
    updates.finish()
    for _ in range(3):
        updates._step(updates._job)
    updates.rely_on(bytes(32))
    car.work()
    assert (updates.code, updates.phase) == (n.C_BAD_SIGNATURE, m.UPDATE_REFUSED)
    assert not car.boot.slots[1].marked(READY)


def test_nothing_older_than_the_image():
    car = confirmed()
    car = car.again(image=0x00010001)
    assert car.boot.running == FACTORY, "a newer image was flashed"
    assert car.take(ONE) == n.C_OLD_VERSION
    assert car.take(TWO) == n.C_OK and car.again(image=0x00010001).boot.running in (0, 1)


def test_slots_that_can_not_be_read_stop_nothing():
    path = "short-%d.img" % id(start)
    with open(path, "wb") as file:
        file.write(b"no slot")
    try:
        boot = start.choose({"slots": [path, path]})
    finally:
        os.remove(path)
    assert boot.running == FACTORY and not boot.slots


def test_the_end_of_a_trial_is_a_restart_even_if_flash_refuses():
    from agent.hal import slots

    ports: dict = slots.__dict__
    car = confirmed()
    assert car.take(TWO) == n.C_OK
    car = car.again()
    assert car.boot.trial
    resets, kept = [], dict(ports)
    ports.update({"reset": lambda: resets.append(1), "alarm": lambda ms, late: late})
    try:
        start._limit({}, car.boot)
        car.chips[1].program = None
        assert raises(TypeError, car.boot.limit, None) and resets == [1]
    finally:
        ports.update(kept)


def test_an_agent_that_returns_has_ended():
    class Returns:
        def main(self, wiring):
            pass

    modules: dict = sys.modules
    modules["start"], wiring = Returns(), entry.hal.wiring
    entry.hal.wiring = dict
    try:
        assert raises(RuntimeError, entry.main)
    finally:
        modules["start"], entry.hal.wiring = start, wiring


run(globals())
