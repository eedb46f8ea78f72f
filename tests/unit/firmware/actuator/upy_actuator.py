# SPDX-License-Identifier: MIT
"""Runs under MicroPython: pulses, on pins and a timer that write down what happens to them."""

from agent.actuator import Actuator
from tests.kit.target import Pin, Timer, raises, run
from wire import numbers as n

ACTIONS = (n.UNLOCK, n.LOCK, n.TRUNK, n.DRIVE)


def bench():
    diary = []
    pins = {action: Pin("p%d" % action, diary) for action in ACTIONS}
    timer = Timer(diary)
    return Actuator(pins, timer), pins, timer, diary


def test_everything_is_off_at_the_start():
    diary = []
    pins = {n.UNLOCK: Pin("p1", diary)}
    pins[n.UNLOCK].level = 1
    actuator = Actuator(pins, Timer(diary))
    assert diary == ["p1 0"] and actuator.doors == n.DOORS_UNKNOWN and actuator.pulsing == 0


def test_a_pulse_is_armed_before_it_is_on_and_ends():
    for action, doors in ((n.UNLOCK, 2), (n.LOCK, 1), (n.TRUNK, 0), (n.DRIVE, 0)):
        actuator, _pins, timer, diary = bench()
        actuator.pulse(action, 400)
        assert (
            diary == ["arm 400", "p%d 1" % action] and actuator.pulsing == action and actuator.doors == doors
        )
        timer.fire()
        assert diary[2:] == ["p%d 0" % action] and actuator.pulsing == 0 and timer.armed is None
        assert actuator.doors == doors


def test_two_outputs_are_never_on_together():
    for first in ACTIONS:
        for second in ACTIONS:
            actuator, pins, timer, diary = bench()
            actuator.pulse(first, 400)
            diary[:] = []
            actuator.pulse(second, 300)
            assert diary == ["p%d 0" % first, "arm 300", "p%d 1" % second], (first, second)
            assert sum(pin.level for pin in pins.values()) == 1
            timer.fire()
            assert sum(pin.level for pin in pins.values()) == 0


def test_the_old_timer_is_gone_with_the_old_pulse():
    actuator, _pins, timer, diary = bench()
    actuator.pulse(n.UNLOCK, 400)
    cancelled = []
    timer.cancel = lambda: cancelled.append(len(diary))
    actuator.pulse(n.LOCK, 400)
    assert cancelled == [2], "before the first edge of the second command"


def test_stop_switches_off_and_forgets():
    actuator, _pins, timer, diary = bench()
    actuator.pulse(n.DRIVE, 60000)
    actuator.stop()
    assert diary[-1] == "p%d 0" % n.DRIVE and timer.armed is None and actuator.pulsing == 0
    actuator.stop()
    assert len(diary) == 3


def test_no_timer_no_pulse():
    actuator, _pins, timer, diary = bench()
    timer.fails = OSError(5)
    assert raises(OSError, actuator.pulse, n.UNLOCK, 400)
    assert diary == [] and actuator.pulsing == 0 and actuator.doors == n.DOORS_UNKNOWN


def test_a_pin_that_fails_has_its_end_armed():
    actuator, pins, timer, _diary = bench()
    pins[n.UNLOCK].fails = OSError(5)
    assert raises(OSError, actuator.pulse, n.UNLOCK, 400)
    assert actuator.doors == n.DOORS_UNKNOWN and timer.armed is not None
    timer.fire()
    assert actuator.pulsing == 0


def test_an_action_without_a_pin_disturbs_nothing():
    actuator, pins, timer, _diary = bench()
    actuator.pulse(n.LOCK, 400)
    for action in (0, n.STATUS, n.REPORT, 99):
        assert not actuator.has(action)
        assert raises(KeyError, actuator.pulse, action, 400)
    assert [actuator.has(action) for action in ACTIONS] == [True] * 4
    assert pins[n.LOCK].level == 1 and timer.armed is not None and actuator.pulsing == n.LOCK


run(globals())
