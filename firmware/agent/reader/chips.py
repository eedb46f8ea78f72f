# SPDX-License-Identifier: MIT
"""The chips that an NFC reader may have, by the name that a board gives its reader's `chip` in board.json.

A chip is a class made of a bus (hsu.py, spi.py, i2c.py) and its reset pin or None, with the methods of Pn532: start,
targets, select, exchange, field_off. Each is imported only where a board has it.
"""

USUAL = "pn532"  # of a board that names none


def _pn532(bus: "Bus", reset: "Any | None") -> "Chip":
    from .pn532 import Pn532

    return Pn532(bus, reset)


CHIPS = {"pn532": _pn532}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .pn532 import Bus
    from .pn532 import Pn532 as Chip
