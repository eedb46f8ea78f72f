# SPDX-License-Identifier: MIT
"""A simulated car whose agent is the emulated board's image, with cable, reader, lock and air on its serial ports."""

import os

from . import emulated
from .car import Car


class EmulatedCar(Car):
    """See Car. The board resets by ending qemu, which is then started again."""

    def _command(self) -> tuple[list[str], dict[str, str]]:
        words = [f"id={self._ident()}", f"flash={self.flash}"]
        ports = [
            f"serial,path={self.cable.agent}",
            f"serial,path={self.reader.path}",
            f"socket,path={self.lock.path}",
            f"socket,path={self._air}",
        ]
        return emulated.command(words, ports), dict(os.environ)
