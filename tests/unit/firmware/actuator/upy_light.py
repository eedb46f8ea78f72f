# SPDX-License-Identifier: MIT
"""Runs under MicroPython: what the status light does over time, turned by idle time that is never punctual."""

import time

from agent.actuator.light import PATTERNS, Light
from agent.clock import Clock
from tests.kit.target import Ticks, run
from wire import numbers as n

IDLE_MS = 50


class Led:
    """Writes down when it went on or off."""

    def __init__(self, ticks):
        self.edges = []
        self._ticks = ticks
        self._start = ticks.now

    def value(self, level):
        self.edges.append((level, time.ticks_diff(self._ticks.now, self._start)))


class Bench:
    """A light, a clock that obeys, and idle time."""

    def __init__(self, condition, pin=True):
        self.ticks = Ticks()
        self.led = Led(self.ticks)
        self.light = Light(self.led if pin else None, Clock(self.ticks.ms, time.ticks_diff))
        self.light.show(condition)

    def idle(self, ms, step=IDLE_MS):
        for _ in range(ms // step):
            self.light.tick()
            self.ticks.go(step)

    def rows(self, pause):
        """Lengths of the flashes, those closer together than pause in one row."""
        rows, last = [], None
        for (on, at), (off, then) in zip(self.led.edges[::2], self.led.edges[1::2]):
            assert (on, off) == (1, 0)
            if last is None or at - last >= pause:
                rows.append([])
            rows[-1].append(then - at)
            last = then
        return rows


def test_the_flashes_can_be_counted():
    for condition, count in ((n.LIGHT_READER, 2), (n.LIGHT_RADIO, 3), (n.LIGHT_CRASHES, 4)):
        b = Bench(condition)
        b.idle(30000)
        rows = b.rows(700)
        assert len(rows) >= 6 and all(len(row) == count for row in rows), (condition, rows)
        assert all(200 <= ms <= 300 for row in rows for ms in row)


def test_no_two_conditions_look_alike():
    seen = [PATTERNS[condition] for condition in range(n.LIGHT_WELL, n.LIGHT_FAULTY + 1)]
    assert len(set(seen)) == len(seen) == len(PATTERNS)
    for flashes, unit, period in seen:
        assert period >= 2 * flashes * unit or (flashes, unit, period) == PATTERNS[n.LIGHT_BLANK]
        assert unit >= IDLE_MS


def test_all_well_costs_a_hundredth_of_the_current():
    b = Bench(n.LIGHT_WELL)
    b.idle(60000)
    on = sum(sum(row) for row in b.rows(700))
    assert 12 <= len(b.rows(700)) <= 13 and on <= 60000 // 80


def test_damage_flickers_and_a_new_condition_shows_at_once():
    b = Bench(n.LIGHT_WELL)
    b.idle(2000)
    before = len(b.led.edges)
    b.light.show(n.LIGHT_FAULTY)
    b.idle(1000)
    assert len(b.led.edges) - before >= 9
    b.light.show(n.LIGHT_FAULTY)
    assert b.light.shows == n.LIGHT_FAULTY


def test_a_late_turn_only_makes_a_flash_longer():
    b = Bench(n.LIGHT_READER)
    b.idle(30000, 170)
    assert all(len(row) == 2 for row in b.rows(700)[:-1])


def test_without_a_led_nothing_happens():
    b = Bench(n.LIGHT_FAULTY, False)
    b.idle(1000)
    assert b.led.edges == []


run(globals())
