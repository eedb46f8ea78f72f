# SPDX-License-Identifier: MIT
"""P4: what as many credentials cost as a Pico holds: heap for each, under MicroPython, and what a start reads."""

import subprocess
import tempfile
from pathlib import Path

from nightlatch import micropython
from tests.bench.figure import Figure
from tests.model.nor import Nor
from tests.power.world import chain, open_store

SECTOR, PAGE = 4096, 256
KEY_BYTES = 148  # flash that a credential takes, with room to turn in
SPARE = 16  # sectors
SCRIPT = Path(__file__).with_name("upy_mount.py")


def image(keys: int, room: int) -> Nor:
    """A flash with so many credentials, and room for so many."""
    nor = Nor(room * KEY_BYTES // SECTOR + SPARE, SECTOR, PAGE)
    store = open_store(nor)
    for handle in range(keys):
        store.enrol(handle, 1, 1, 255, "", chain(handle, 1 << 20), chain(handle, 0))
        if handle % 16 == 0:
            while store.maintain():
                nor.power_up(0)
    return nor


def heap(nor: Nor) -> int:
    """Bytes of heap that a mounted store takes under MicroPython, the image in a file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "flash"
        file.write_bytes(nor.cells)
        argv, environment = micropython.command(SCRIPT, str(file), str(nor.sectors), heap="1M")
        environment = {**environment, "MICROPYPATH": micropython.search_path()}
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True, timeout=600)
    return int(done.stdout.split()[-1])


def measure(full: bool) -> list[Figure]:
    """Heap for each credential; reads, and bytes of the flash, that a start takes."""
    few, many = (1000, 2000) if full else (100, 1000)
    small, large = image(few, many), image(many, many)
    each = (heap(large) - heap(small)) / (many - few)
    open_store(large)
    how = f"{many:,} credentials, {large.sectors} sectors of {SECTOR} B"
    passes = large.read_bytes / len(large.cells)
    return [
        Figure("P4", "heap per credential, MicroPython", round(each, 2), "B", 8, f"{few:,} against {many:,}"),
        Figure("P4", "a start: reads per credential", round(large.reads / many, 2), "", 2, how),
        Figure("P4", "a start: bytes read, in passes over the flash", round(passes, 2), "", 2, how),
    ]
