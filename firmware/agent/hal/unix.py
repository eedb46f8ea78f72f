# SPDX-License-Identifier: MIT
"""The simulated car: ports and flash are files, pins and watchdog lead to the bench (boards/UNIX/modules/machine.py).

Its wiring names paths: serial, reader, flash, lock (the bench's socket), the reader's chip, and radio
{"kind": "sim", "socket": path}.
"""

import bluetooth
import machine

from ..reader.hsu import Hsu
from ..store.flash.filenor import FileNor
from .base import PULSE, ROLES, Base, Timer


class Unix(Base):
    """See base.py."""

    def __init__(self, wiring: dict) -> None:
        super().__init__()
        machine.start(wiring)
        self.board = wiring.get("board", "UNIX")
        self.unique = "".join("%02x" % byte for byte in machine.unique_id())
        self.serial = machine.UART(wiring["serial"])
        self.reader = Hsu(machine.UART(wiring["reader"])) if wiring.get("reader") else None
        self.chip = wiring.get("chip", self.chip)
        self.flash = FileNor(wiring["flash"])
        self.pins = {
            action: machine.Pin(role.lower(), machine.Pin.OUT, value=0) for action, role in ROLES.items()
        }
        self.led = machine.Pin("led", machine.Pin.OUT, value=0)
        self.timer = Timer(PULSE)
        self._button = machine.Pin("button", machine.Pin.IN, machine.Pin.PULL_UP)
        self._radio = wiring.get("radio")

    def radio(self) -> "bluetooth.BLE | None":
        """The Bluetooth stack on the simulated air."""
        if not self._radio:
            return None
        if self._radio["kind"] == "sim":
            import airlink

            airlink.start(self._radio["socket"])
        return bluetooth.BLE()

    def trace(self, entry: dict) -> None:
        """Shows a log entry to the simulator."""
        machine.show(entry)
