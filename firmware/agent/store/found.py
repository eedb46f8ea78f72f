# SPDX-License-Identifier: MIT
"""What a start finds in the flash, in tables: addresses by handle, by identifier, by sequence of the log.

Filled by walk.py, and record by record where a sector is not all in order. A later record wins over an earlier one.
"""

from array import array

from .migrate import FIXED, LOG, PLACES, ROLL, VALUE

LOG_KEEP = 256
_TAIL_AT = 16  # in the body of a log entry


class Found:
    """Addresses, 0 for none. `count`: handles seen; the tables may have room for more."""

    def __init__(self) -> None:
        self.fixed = array("I")
        self.roll = array("I")
        self.count = 0
        self.values: "dict[int, int]" = {}
        self.log = array("I", [0] * LOG_KEEP)
        self.log_next = 0
        self.log_tail = b""  # what the newest entry ends with
        self.stale: "list[int]" = []  # of records that later ones took the place of

    def visit(self, kind: int, body: bytes, addr: int) -> None:
        """Takes one record in; see Sectors.scan."""
        if kind == LOG:
            self._entry(body, addr)
            return
        place = body[-2] << 8 | body[-1]
        if kind == VALUE:
            place &= ~PLACES
            if place in self.values:
                self.stale.append(self.values[place])
            self.values[place] = addr
        elif kind == FIXED or kind == ROLL:
            self.count = max(self.count, place + 1)
            while len(self.fixed) <= place:
                self.fixed.append(0)
                self.roll.append(0)
            table = self.fixed if kind == FIXED else self.roll
            if table[place]:
                self.stale.append(table[place])
            table[place] = addr

    def _entry(self, body: bytes, addr: int) -> None:
        sequence = int.from_bytes(body[0:4], "big")
        if sequence + 1 >= self.log_next:
            for missing in range(max(self.log_next, sequence - LOG_KEEP), sequence):
                self.log[missing % LOG_KEEP] = 0
            self.log_next = sequence + 1
            self.log_tail = bytes(body[_TAIL_AT:])
        if sequence + LOG_KEEP >= self.log_next:
            self.log[sequence % LOG_KEEP] = addr

    def trim(self) -> None:
        """Gives back what the tables have room for and nothing was found."""
        self.fixed = self.fixed[: self.count]
        self.roll = self.roll[: self.count]
