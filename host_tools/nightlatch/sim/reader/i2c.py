# SPDX-License-Identifier: MIT
"""The I2C address of a virtual PN532 (NXP UM0701-02, 6.2.4)."""

from .field import Field
from .waiting import Waiting

ADDRESS = 0x24
_DEAF = 3  # times that it leaves its address unanswered after a write, and while it wakes up


class I2cPins:
    """`chip` is what waits behind it. Each call is one transaction, from START to STOP."""

    def __init__(self, field: Field) -> None:
        self.chip = Waiting(field)
        self._deaf = 0

    def write(self, address: int, data: bytes) -> bool:
        """Whether it answered to its address."""
        if not self._answers(address):
            return False
        if data:
            self.chip.hear(data)
            self._deaf = _DEAF
        return True

    def read(self, address: int, count: int) -> bytes | None:
        """The ready byte and what follows; None where it did not answer to its address."""
        if not self._answers(address):
            return None
        head = bytes([self.chip.ready])
        if count > 1 and self.chip.ready:
            head += self.chip.take(count - 1)
            self.chip.done()
        return head + bytes(count - len(head))

    def _answers(self, address: int) -> bool:
        if address != ADDRESS or self.chip.silent:
            return False
        if self.chip.model.chip.asleep:
            self.chip.model.chip.asleep = False
            self._deaf = _DEAF
        self._deaf -= bool(self._deaf)
        return not self._deaf
