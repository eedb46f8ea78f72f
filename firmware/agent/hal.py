# SPDX-License-Identifier: MIT
"""The board, as the agent sees it. The only module that knows what the agent runs on.

A board is described by a wiring table (board.json on a microcontroller, a small JSON file on UNIX):
    serial    the technician's port        reader   the port of the NFC reader, absent when there is none
    flash     path of the flash image      lock     where the outputs lead
    radio     {"kind": "sim", "socket": path} or {"kind": "native"}
"""

import json
import os
import sys
import time

import bluetooth
import machine

from wire import numbers as n

from .reader.hsu import Hsu
from .store.filenor import FileNor

_OUTPUTS = {n.UNLOCK: "unlock", n.LOCK: "lock", n.TRUNK: "trunk", n.DRIVE: "drive"}
_WATCHDOG_MS = 8000


class Timer:
    """A one-shot hardware timer."""

    def __init__(self) -> None:
        self._timer = machine.Timer(-1)

    def arm(self, ms: int, done: "Callable") -> None:
        """Calls done(timer) once after ms, in place of what was armed before."""
        self._timer.init(mode=machine.Timer.ONE_SHOT, period=ms, callback=done)

    def cancel(self) -> None:
        """Forgets what was armed."""
        self._timer.deinit()


class Hal:
    """Everything that the composition root needs from the board."""

    def __init__(self, wiring: dict) -> None:
        machine.start(wiring)
        self.board = wiring.get("board", "UNIX")
        self.unique = "".join("%02x" % byte for byte in machine.unique_id())
        self.random = os.urandom
        self.uuid = bluetooth.UUID
        self.ticks_ms = time.ticks_ms
        self.ticks_diff = time.ticks_diff
        self.reset = machine.reset
        self.serial = machine.UART(wiring["serial"])
        self.reader = Hsu(machine.UART(wiring["reader"])) if wiring.get("reader") else None
        self.reader_reset: "machine.Pin | None" = None  # the output at the reader's RSTPD_N, where it is wired
        self.flash = FileNor(wiring["flash"])
        self.pins = {action: machine.Pin(name, machine.Pin.OUT, value=0) for action, name in _OUTPUTS.items()}
        self.timer = Timer()
        self._button = machine.Pin("button", machine.Pin.IN)
        self._radio = wiring.get("radio")
        self._watchdog: "machine.WDT | None" = None

    def button(self) -> bool:
        """Whether the claim button is held."""
        return self._button.value() == 1

    def feed(self) -> None:
        """Feeds the watchdog; the first call starts it."""
        if self._watchdog is None:
            self._watchdog = machine.WDT(timeout=_WATCHDOG_MS)
        self._watchdog.feed()

    def radio(self) -> "bluetooth.BLE | None":
        """The Bluetooth stack, None on a board without. Raises OSError when it does not start."""
        if not self._radio:
            return None
        if self._radio["kind"] == "sim":
            import airlink

            airlink.start(self._radio["socket"])
        return bluetooth.BLE()

    def trace(self, entry: dict) -> None:
        """Shows a log entry (no secrets in it) to the simulator."""
        machine.show(entry)


def wiring() -> dict:
    """The wiring table: the file that the command line names, board.json otherwise."""
    with open(sys.argv[1] if len(sys.argv) > 1 else "board.json") as file:
        return json.load(file)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
