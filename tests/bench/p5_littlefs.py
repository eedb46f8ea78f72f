# SPDX-License-Identifier: MIT
"""P5, to compare with: the same unlocks kept in files on littlefs, set up as MicroPython's VfsLfs2 does by default."""

import json
from collections.abc import Callable
from functools import partial

from littlefs import LittleFS, UserContext
from littlefs.lfs import LFSConfig

from tests.bench.figure import Figure
from tests.bench.p5_flash import A_DAY, DAYS, KEYS, SECTOR, SECTORS
from tests.power.world import chain, told

PROGRAM = READ = LOOKAHEAD = 32
CYCLES = 100
APPEND_MOST = 4096  # bytes, then the file is begun anew
Way = Callable[[LittleFS, int, int], None]


class Counting(UserContext):
    """A flash in RAM that counts."""

    def __init__(self) -> None:
        super().__init__(SECTORS * SECTOR)
        self.programmed = 0
        self.wear = [0] * SECTORS

    def prog(self, cfg: LFSConfig, block: int, off: int, data: bytes) -> int:
        self.programmed += len(data)
        return int(super().prog(cfg, block, off, data))

    def erase(self, cfg: LFSConfig, block: int) -> int:
        self.wear[block] += 1
        return int(super().erase(cfg, block))


def state(handle: int, epoch: int) -> bytes:
    """What has to be kept: epoch, attempt, state, chain key, token key."""
    return epoch.to_bytes(4, "big") + bytes(3) + chain(handle, epoch) + told(handle, epoch)


def rewrite(files: LittleFS, handle: int, epoch: int) -> None:
    """A file for each key, written anew."""
    with files.open("key%d" % handle, "wb") as file:
        file.write(state(handle, epoch))


def append(files: LittleFS, handle: int, epoch: int) -> None:
    """A file for each key that grows, and is begun anew when it is a block long."""
    name = "key%d" % handle
    anew = epoch == 1 or files.stat(name).size + 24 > APPEND_MOST
    with files.open(name, "wb" if anew else "ab") as file:
        file.write(state(handle, epoch))


def as_json(keys: dict[str, object], files: LittleFS, handle: int, epoch: int) -> None:
    """One JSON file with all keys."""
    keys[str(handle)] = {"epoch": epoch, "chain": chain(handle, epoch).hex()}
    with files.open("keys.json", "w") as file:
        file.write(json.dumps(keys))


def kept(way: Way, unlocks: int) -> tuple[float, float, float]:
    """Bytes and erases per unlock, and the erases of the hottest block."""
    flash = Counting()
    files = LittleFS(
        flash,
        block_size=SECTOR,
        block_count=SECTORS,
        block_cycles=CYCLES,
        read_size=READ,
        prog_size=PROGRAM,
        cache_size=4 * READ,
        lookahead_size=LOOKAHEAD,
    )
    flash.programmed, flash.wear = 0, [0] * SECTORS
    for turn in range(unlocks):
        way(files, turn % KEYS, turn // KEYS + 1)
    return flash.programmed / unlocks, sum(flash.wear) / unlocks, max(flash.wear)


def measure(full: bool) -> list[Figure]:
    """Three ways to keep a rolling key in a file."""
    unlocks = 20_000 if full else 2_000
    out = []
    ways: dict[str, Way] = {"rewrite": rewrite, "append": append, "JSON": partial(as_json, {})}
    for name, way in ways.items():
        programmed, erases, hottest = kept(way, unlocks)
        scale = DAYS * A_DAY / unlocks
        how = f"{SECTORS} blocks of {SECTOR} B, {KEYS} keys, {unlocks:,} unlocks, program size {PROGRAM}"
        out += [
            Figure("P5", f"littlefs, {name}: bytes programmed per unlock", round(programmed, 1), "B", None, how),
            Figure("P5", f"littlefs, {name}: erases per unlock", round(erases, 4), "", None, how),
            Figure("P5", f"littlefs, {name}: hottest after 15 years", round(hottest * scale), "erases", None, how),
        ]
    return out
