# SPDX-License-Identifier: MIT
"""A microcontroller, as its wiring table describes it. What only one port has is imported where it is used."""

import sys
import time

import machine

from ..errors import StoreError
from . import ports
from .base import PULSE, ROLES, Base, Timer

_STORE = "store"
_BLOCK = 4096
_COUNT = 4  # of an ioctl on a block device
_INVITE_MS = 3000


class Board(Base):
    """See base.py."""

    def __init__(self, wiring: dict) -> None:
        super().__init__()
        self._wiring = wiring
        self._pins = pins = wiring["pins"]
        # first of all, and each off before it drives: a reset moves nothing
        self.pins = {action: self._output(role) for action, role in ROLES.items() if role in pins}
        if wiring["debug"]:
            _invite()
        self.led = self._output("LED") if "LED" in pins else None
        self.buzzer = self._output("BUZZER") if "BUZZER" in pins else None
        # in the interrupt itself where the port can: a program that hangs does not keep an output on
        self.timer = Timer(PULSE, hard=True) if sys.platform == "rp2" else Timer(PULSE)
        if "BUTTON" in pins:
            self._button = machine.Pin(pins["BUTTON"], machine.Pin.IN, machine.Pin.PULL_UP)
        self.board = wiring["board"]
        self.unique = "".join("%02x" % byte for byte in machine.unique_id())
        self.flash = _flash(wiring)
        self.serial = self._serial(wiring["serial"])
        self.reader = ports.bus(wiring["reader"], pins) if "reader" in wiring else None
        if "reader" in wiring:
            self.chip = wiring["reader"].get("chip", self.chip)
        if "READER_RESET" in pins:
            self.reader_reset = self._output("READER_RESET", 1)

    def _output(self, role: str, level: int = 0) -> machine.Pin:
        return machine.Pin(self._pins[role], machine.Pin.OUT, value=level)

    def _serial(self, port: dict) -> "Any":
        if port["kind"] == "uart":
            return ports.uart(port, self._pins, "SERIAL")
        from . import usbport

        own = usbport.own()
        if own is not None:
            return own
        from .console import Console

        return Console()

    def radio(self) -> "BLE | None":
        """The Bluetooth stack: the chip's, or the simulator's on an emulated board."""
        if self._wiring["radio"] == "none":
            return None
        if self._wiring["radio"] == "sim":
            import airlink

            airlink.start(self._wiring["radio"])
        import bluetooth

        return bluetooth.BLE()

    def trace(self, entry: dict) -> None:
        """Shows a log entry to the simulator that an emulated board has."""
        if hasattr(machine, "show"):
            machine.show(entry)


def _invite() -> None:
    """Time to ask for MicroPython's prompt in an image that has one."""
    sys.stdout.write("Nightlatch, debug image: Ctrl-C now for a prompt\r\n")
    time.sleep_ms(_INVITE_MS)


def _flash(wiring: dict) -> "Nor":
    """The region of the store. StoreError where the flash has none."""
    if sys.platform != "esp32":
        from ..store.flash.rp2nor import Rp2Nor

        if hasattr(machine, "Flash"):  # an emulated board
            flash = machine.Flash()
        else:
            from rp2 import Flash

            flash = Flash()  # the upper end of the chip
        offset, size = wiring["regions"][_STORE]
        start = wiring["flash"] - flash.ioctl(_COUNT, 0) * _BLOCK
        return Rp2Nor(flash, (offset - start) // _BLOCK, size // _BLOCK)
    from esp32 import Partition

    from ..store.flash.esp32nor import Esp32Nor

    found = Partition.find(Partition.TYPE_DATA, label=_STORE)
    if not found:
        raise StoreError("no partition for the store")
    return Esp32Nor(found[0])


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bluetooth import BLE

    from ..store.flash.nor import Nor
