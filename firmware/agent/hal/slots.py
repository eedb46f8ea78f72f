# SPDX-License-Identifier: MIT
"""The two regions for updates, and what must be known of the board before an agent is chosen.

A slot is read in place: on UNIX through boards/UNIX/mapfile.c, on a Pico through rp2.Flash, whose buffer is the mapped
flash (the board folders switch VfsRom on). On an ESP32, release 1.26 maps no partition but the one named romfs.
"""

import sys

import machine
import vfs
from slots.slot import Slot

from .base import Timer

_BLOCK = 4096
_COUNT = 4  # of an ioctl on a block device
_SECTORS = 64  # of a simulated slot


def name(wiring: dict) -> str:
    """The board's name, as updates are made for it."""
    return wiring.get("board", "UNIX")


def slots(wiring: dict) -> "list[Slot]":
    """Two, or none on a board that can't run what is in them."""
    regions = wiring.get("regions", {})
    if not hasattr(vfs, "VfsRom"):
        return []
    if "slots" in wiring:
        return [_file(path) for path in wiring["slots"]]
    if sys.platform == "rp2" and "slot_a" in regions:
        return [_region(wiring["flash"], *regions[name]) for name in ("slot_a", "slot_b")]
    return []


def ready(wiring: dict) -> bool:
    """Starts the watchdog, before anything can hang. True: the run before this one may have hung.

    On rp2 the watchdog ended it; on UNIX anything but the power did.
    """
    if hasattr(machine, "start"):
        machine.start(wiring)
    cause = machine.reset_cause()  # on a Pico, starting the watchdog covers it up
    machine.WDT(timeout=8000)
    return cause == machine.WDT_RESET


def alarm(ms: int, late: "Callable") -> Timer:
    """Calls late(timer) after ms. Whoever wants it to come keeps what is returned."""
    timer = Timer()
    timer.arm(ms, late)
    return timer


def reset() -> None:
    """Starts the board again."""
    machine.reset()


def _file(path: str) -> Slot:
    import mapfile

    from ..store.filenor import FileNor

    return Slot(FileNor(path, _SECTORS), lambda: mapfile.map(path))


def _region(chip: int, offset: int, size: int) -> Slot:
    from rp2 import Flash

    from ..store.rp2nor import Rp2Nor

    flash: "Any" = Flash()  # the upper end of the chip
    at = offset - (chip - flash.ioctl(_COUNT, 0) * _BLOCK)
    return Slot(Rp2Nor(flash, at // _BLOCK, size // _BLOCK), lambda: memoryview(flash)[at : at + size])


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any
