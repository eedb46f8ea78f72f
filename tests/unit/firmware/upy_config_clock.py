# SPDX-License-Identifier: MIT
"""Runs under MicroPython: ranges of the settings, what survives a boot, and a millisecond counter that wraps."""

import time

from agent.clock import Clock
from agent.config import Config
from agent.errors import StoreError
from tests.kit.target import Bench, Cut, Ticks, raises, run

RANGES = {"pulse_ms": (400, 50, 2000), "passive": (0, 0, 1), "strict": (0, 0, 1), "drive_s": (60, 5, 600)}
RANGES["handed_over"] = RANGES["test_unit"] = (0, 0, 1)


def test_the_settings_are_these():
    b = Bench()
    assert b.config.names() == sorted(RANGES)
    assert {name: b.config.get(name) for name in RANGES} == {
        name: values[0] for name, values in RANGES.items()
    }


def test_the_ends_of_each_range():
    for name, (_, low, high) in RANGES.items():
        b = Bench()
        for value, fits in ((low, 1), (high, 1), (low - 1, 0), (high + 1, 0), (0xFFFFFFFF, 0)):
            before = b.config.get(name)
            if value >= 0:
                assert b.config.set(name, value) == bool(fits), (name, value)
                for again in (b, b.restart()):
                    assert again.config.get(name) == (value if fits else before)
                b = again


def test_an_unknown_name():
    b = Bench()
    for name in ("", "pulse", "PULSE_MS", "pulse_ms "):
        assert raises(KeyError, b.config.get, name) and raises(KeyError, b.config.set, name, 1)


def test_what_is_not_durable_is_not_set():
    b = Bench()
    b.flash.fails = Cut("x")
    assert raises(StoreError, b.config.set, "passive", 1) and b.config.get("passive") == 0


def test_a_kept_value_out_of_range_is_the_default():
    b = Bench()
    for raw in (b"", b"\x00", b"\x00\x00\x00\x02", b"\xff" * 4, b"\xff" * 40):
        b.store.put(17, raw)
        assert Config(b.store).get("passive") == 0
    b.store.put(17, b"\x01")
    assert Config(b.store).get("passive") == 1


def test_milliseconds_across_the_wrap():
    ticks = Ticks()
    clock = Clock(ticks.ms, time.ticks_diff)
    then = clock.ms()
    for total in range(0, 6000, 500):
        assert clock.since(then) == total
        ticks.go(500)
    assert clock.ms() < then, "it wrapped"


def test_uptime_loses_nothing():
    ticks = Ticks()
    clock = Clock(ticks.ms, time.ticks_diff)
    assert clock.uptime() == 0
    for step in range(1, 3000):
        ticks.go(999)
        assert clock.tick() == step * 999 // 1000
    days = 0
    start = clock.uptime()
    while days < 40:
        ticks.go(86400000)
        days += 1
        clock.tick()
    assert clock.uptime() - start in (40 * 86400, 40 * 86400 + 1)


run(globals())
