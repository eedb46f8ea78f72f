# SPDX-License-Identifier: MIT
"""The SPI pins of a virtual PN532: NSS, and bytes both ways (NXP UM0701-02, 6.2.5)."""

import time

from .field import Field
from .waiting import Waiting

_DATA_WRITE, _STATUS_READ, _DATA_READ = 1, 2, 3
_START = 0.001  # seconds that the oscillator needs after a falling edge at NSS
_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class SpiPins:
    """`chip` is what waits behind them. Bytes are as a controller has them that sends the most significant bit first:
    the chip takes and gives the least significant one first.

    no_preamble: answers lack their first zero, as those of some chips do.
    """

    def __init__(self, field: Field, no_preamble: bool = False) -> None:
        self.chip = Waiting(field)
        self._cut = no_preamble
        self._selected = False
        self._heard = b""
        self._awake_at = 0.0

    def select(self, level: bool) -> None:
        """NSS; False selects."""
        selected = not level
        if selected == self._selected:
            return
        self._selected = selected
        if selected:
            self._heard = b""
            if self.chip.model.chip.asleep:
                self.chip.model.chip.asleep = False
                self._awake_at = time.monotonic() + _START
        elif self._heard[:1] == bytes([_DATA_WRITE]):
            self.chip.hear(self._heard[1:])
        elif self._heard[:1] == bytes([_DATA_READ]):
            self.chip.done()

    def exchange(self, data: bytes) -> bytes:
        """So many bytes clocked out and in."""
        return bytes(_TURNED[self._byte(_TURNED[byte])] for byte in data)

    def _byte(self, byte: int) -> int:
        if not self._selected or time.monotonic() < self._awake_at:
            return 0xFF
        first = not self._heard
        self._heard += bytes([byte])
        if first:
            if byte == _DATA_READ and self._cut:
                self.chip.take(1)
            return 0xFF
        if self._heard[0] == _STATUS_READ:
            return int(self.chip.ready)
        return self.chip.take(1)[0] if self._heard[0] == _DATA_READ else 0xFF
