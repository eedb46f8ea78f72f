# SPDX-License-Identifier: MIT
"""What all ports have in common: time, chance, one timer, a watchdog, a button."""

import os
import sys
import time

import machine

from wire import numbers as n

from ..reader.chips import USUAL
from .restart import restart

ROLES = {n.UNLOCK: "UNLOCK", n.LOCK: "LOCK", n.TRUNK: "TRUNK", n.DRIVE: "DRIVE"}
_WATCHDOG_MS = 8000  # the longest that every port can
PULSE, TRIAL = 0, 1  # timers that run at the same time


class Timer:
    """A one-shot timer of the hardware, with the options that a port's machine.Timer wants.

    The ESP32 port numbers its timers, and has one object for each; elsewhere every object is a timer of its own.
    """

    def __init__(self, number: int, **options: "Any") -> None:
        self._timer = machine.Timer(number if sys.platform == "esp32" else -1)
        self._options = options

    def arm(self, ms: int, done: "Callable") -> None:
        """Calls done(timer) once after ms, in place of what was armed before."""
        self._timer.init(mode=machine.Timer.ONE_SHOT, period=ms, callback=done, **self._options)

    def cancel(self) -> None:
        """Forgets what was armed."""
        self._timer.deinit()


class Base:
    """What a port fills in: board, unique, serial, reader, flash, pins, timer, led, buzzer; and what all share."""

    board: str  # its name
    unique: str  # its serial number
    serial: "Any"  # a pollable byte stream
    reader: "Bus | None" = None
    chip = USUAL  # the reader's, see reader/chips.py
    reader_reset: "machine.Pin | None" = None  # the output at the reader's RSTPD_N, where it is wired
    flash: "Nor"
    pins: "dict[int, machine.Pin]"  # action to output
    timer: Timer
    led: "machine.Pin | None" = None
    buzzer: "machine.Pin | None" = None

    def __init__(self) -> None:
        self.random = os.urandom
        self.ticks_ms = time.ticks_ms
        self.ticks_diff = time.ticks_diff
        self.reset = restart
        self._button: "machine.Pin | None" = None
        self._watchdog: "machine.WDT | None" = None

    def button(self) -> bool:
        """Whether the claim button is held: it closes to ground."""
        return self._button is not None and self._button.value() == 0

    def feed(self) -> None:
        """Feeds the watchdog; the first call starts it."""
        if self._watchdog is None:
            self._watchdog = machine.WDT(timeout=_WATCHDOG_MS)
        self._watchdog.feed()

    def radio(self) -> "BLE | None":
        """The Bluetooth stack, None on a board without. Raises OSError when it does not start."""
        return None

    @property
    def uuid(self) -> "type[UUID]":
        """The class of the stack's UUIDs; only where there is a radio."""
        from bluetooth import UUID

        return UUID

    def trace(self, entry: dict) -> None:
        """Shows a log entry (no secrets in it) to the simulator, where there is one."""


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from bluetooth import BLE, UUID

    from ..reader.pn532 import Bus
    from ..store.flash.nor import Nor
