# SPDX-License-Identifier: MIT
"""What a virtual PN532 on SPI or I2C has to say, until the host fetches it (NXP UM0701-02, 6.2.4 and 6.2.5)."""

from .field import Field
from .pn532 import Pn532Model

_NOTHING = b"\xff"


class Waiting:
    """A chip that speaks when asked. `low`: whether its IRQ line is low; `silent`: it hangs and hears nothing.

    The chip lets go of a frame once the host has read it to its last byte. Who stops before hears no more of it
    until it has it sent again, or sends another command.
    """

    def __init__(self, field: Field) -> None:
        self.model = Pn532Model(field, self._say)
        self.silent = False
        self.resets = 0
        self.wired = True
        self._frames: list[bytes] = []
        self._at = 0
        self._broken = False
        self._reset = True

    @property
    def ready(self) -> bool:
        """Bit 0 of the status byte."""
        return bool(self._frames) and not self.silent

    @property
    def low(self) -> bool:
        """The IRQ line, which SAMConfiguration may keep high."""
        sam = self.model.chip.sam
        return self.ready and self.wired and (len(sam) < 3 or sam[2] == 1)

    def reset(self, level: bool) -> None:
        """The line RSTPD_N: low ends whatever the chip does, a hang too; high again it starts as after power-on."""
        if level and not self._reset:
            self.silent = False
            self.resets += 1
        if not level:
            self._frames.clear()
            self.model.power_on()
        self._reset = level

    def hear(self, data: bytes) -> None:
        """A whole write of the host; what it had not fetched is gone."""
        if self.silent or not self._reset:
            return
        self._frames.clear()
        self._begin()
        self.model.feed(data)

    def _begin(self) -> None:
        self._at = 0
        self._broken = False

    def _say(self, data: bytes) -> None:
        self._frames.append(data)

    def take(self, count: int) -> bytes:
        """The next bytes of the frame that waits; filled up where it has fewer."""
        if not self.ready or self._broken:
            return _NOTHING * count
        part = self._frames[0][self._at : self._at + count]
        self._at += count
        return part + _NOTHING * (count - len(part))

    def done(self) -> None:
        """The host's transaction ended."""
        if self._at and self._frames:
            if self._at >= len(self._frames[0]):
                self._frames.pop(0)
                self._begin()
            else:
                self._broken = True
