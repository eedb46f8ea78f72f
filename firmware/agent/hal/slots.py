# SPDX-License-Identifier: MIT
"""The two regions for updates, and what must be known of the board before an agent is chosen.

A slot is read in place: on UNIX through boards/UNIX/mapfile.c, on a Pico through rp2.Flash, whose buffer is the mapped
flash, on an ESP32 through the one partition that its port maps. The board folders switch VfsRom on.
"""

import sys

import machine
import vfs
from slots.slot import Slot

from ..errors import StoreError
from .base import TRIAL, Timer
from .restart import crashed, restart

_BLOCK = 4096
_COUNT = 4  # of an ioctl on a block device
_SECTORS = 64  # of a simulated slot
_ADDRESS = 2  # place in what esp32.Partition.info() tells
_SEGMENT = 2  # of vfs.rom_ioctl: the object of a ROM partition


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
    if sys.platform == "esp32" and "slot_a" in regions:
        return _parts(regions)
    return []


def ready(wiring: dict) -> bool:
    """Starts the watchdog, before anything can hang. True: the run before this one crashed (restart.py)."""
    if hasattr(machine, "start"):
        machine.start(wiring)
    hung = crashed()  # asked first: on a Pico, starting the watchdog covers it up
    machine.WDT(timeout=8000)
    return hung


def alarm(ms: int, late: "Callable") -> Timer:
    """Calls late(timer) after ms. Whoever wants it to come keeps what is returned."""
    timer = Timer(TRIAL)
    timer.arm(ms, late)
    return timer


def reset() -> None:
    """Starts the board again."""
    restart()


def _file(path: str) -> Slot:
    import mapfile

    from ..store.flash.filenor import FileNor

    return Slot(FileNor(path, _SECTORS), lambda: mapfile.map(path))


def _region(chip: int, offset: int, size: int) -> Slot:
    from rp2 import Flash

    from ..store.flash.rp2nor import Rp2Nor

    flash: "Any" = Flash()  # the upper end of the chip
    at = offset - (chip - flash.ioctl(_COUNT, 0) * _BLOCK)
    return Slot(Rp2Nor(flash, at // _BLOCK, size // _BLOCK), lambda: memoryview(flash)[at : at + size])


def _parts(regions: dict) -> "list[Slot]":
    """Both lie in the partition `romfs` (ports/esp32/esp32_partition.c). None where the chip's table has no such one.

    ESP-IDF drops what its cache holds of a mapped page when that page is programmed or erased (esp_flash_api.c, at the
    end of each operation), so what is read in place is what is in flash.
    """
    from ..store.flash.esp32nor import Esp32Nor

    ports: "Any" = vfs
    rom = ports.rom_ioctl(_SEGMENT, 0)
    if isinstance(rom, int):
        return []
    try:
        return [_part(Esp32Nor, rom, *regions[name]) for name in ("slot_a", "slot_b")]
    except StoreError:
        return []  # the image's own agent starts all the same


def _part(nor: "Any", rom: "Any", offset: int, size: int) -> Slot:
    at = offset - rom.info()[_ADDRESS]
    return Slot(nor(rom, at // _BLOCK, size // _BLOCK), lambda: memoryview(rom)[at : at + size])


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any
