# SPDX-License-Identifier: MIT
"""A restart that is meant, and whether the run before this start ended in one that was not.

The ESP32 port tells a hang, but has one cause for its own reset and for a panic. Its RTC memory, which holds
over both and not over a power loss, says which it was.
"""

import sys

import machine

_port: "Any" = machine  # what a port knows of resets differs from port to port
_MEANT = b"meant"


def restart() -> None:
    """Starts the board again."""
    if sys.platform == "esp32":
        _port.RTC().memory(_MEANT)
    machine.reset()


def crashed() -> bool:
    """Whether the run before was ended by the watchdog, or by the chip. Asked once, at the start."""
    cause = machine.reset_cause()
    if sys.platform != "esp32":
        return cause == machine.WDT_RESET
    memory = _port.RTC().memory
    meant = memory() == _MEANT
    memory(b"")
    return cause == machine.WDT_RESET or (cause == _port.HARD_RESET and not meant)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
