# SPDX-License-Identifier: MIT
"""Runs under MicroPython: when an outage of the reader is told, and that each is told once."""

import time

from agent.clock import Clock
from agent.reader.health import Health
from tests.kit.target import Ticks, run


class Bench:
    def __init__(self):
        self.ticks = Ticks()
        self.told = []
        self.health = Health(Clock(self.ticks.ms, time.ticks_diff), self.told.append)

    def fail(self, seconds, every=500):
        for _ in range(seconds * 1000 // every):
            self.health.failed()
            self.ticks.go(every)

    def serve(self, seconds):
        for _ in range(seconds * 10):
            self.health.works()
            self.ticks.go(100)


def test_a_short_hang_is_counted_and_no_alarm():
    b = Bench()
    b.serve(5)
    b.fail(2)
    b.serve(60)
    assert b.told == [] and not b.health.alarm and b.health.faults == 4


def test_an_outage_is_told_once_at_each_end():
    b = Bench()
    b.fail(3600, 2000)
    assert b.told == [True] and b.health.alarm
    b.serve(5)
    assert b.health.alarm, "not yet to be trusted"
    b.serve(10)
    assert b.told == [True, False] and not b.health.alarm


def test_a_reader_that_flaps_does_not_fill_the_log():
    b = Bench()
    for _ in range(200):
        b.fail(1)
        b.serve(8)
    assert b.told == [True] and b.health.alarm
    b.serve(11)
    assert b.told == [True, False]


def test_the_next_outage_is_another_one():
    b = Bench()
    for _ in range(3):
        b.fail(10)
        b.serve(20)
    assert b.told == [True, False] * 3


if __name__ == "__main__":
    run(globals())
