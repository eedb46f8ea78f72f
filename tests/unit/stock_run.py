# SPDX-License-Identifier: MIT
"""Runs under MicroPython: an ESP32 with a stock image starts from the file system that a flash laid into its flash.

argv: files with the bytes of the regions `vfs` and `store`; "all" imports every module and says what it is, "boot" does
what the port's main.c does and serves on stdin and stdout. Both regions stay in their files: the heap is the agent's.
"""

import os
import sys

import vfs
from tests.model import esp32_port

BLOCK = 4096


class Partition:
    """An esp32.Partition whose bytes are in a file."""

    def __init__(self, label: str, path: str) -> None:
        self.label, self.file = label, open(path, "r+b")
        self.size = self.file.seek(0, 2)
        self.writes = 0

    def info(self) -> "tuple[int, int, int, int, str, bool]":
        return 1, 0x40, 0, self.size, self.label, False

    def readblocks(self, block: int, buf: bytearray, offset: int = 0) -> None:
        assert 0 <= block * BLOCK + offset <= self.size - len(buf)
        self.file.seek(block * BLOCK + offset)
        self.file.readinto(buf)

    def writeblocks(self, block: int, buf: bytes, offset: int = 0) -> None:
        have = bytearray(len(buf))
        self.readblocks(block, have, offset)
        for at in range(len(buf)):
            have[at] &= buf[at]
        self.file.seek(block * BLOCK + offset)
        self.file.write(have)
        self.writes += 1

    def ioctl(self, op: int, arg: int) -> "int | None":
        if op == 6:
            self.file.seek(arg * BLOCK)
            self.file.write(b"\xff" * BLOCK)
            self.writes += 1
        return {4: self.size // BLOCK, 5: BLOCK}.get(op, 0)


def names(folder: str) -> "list[str]":
    found = []
    for name, kind, *_ in os.ilistdir(folder):
        path = "%s/%s" % (folder, name)
        found += names(path) if kind == 0x4000 else [path]
    return found


def start(files: Partition) -> None:
    """What the port does before boot.py: the file system is found out and mounted, the search path is its own."""
    vfs.mount(files, "/flash")
    os.chdir("/flash")
    sys.path[:] = ["", ".frozen", "/lib"]
    for name in list(sys.modules):
        if name.split(".")[0] in ("agent", "wire", "slots", "start", "main", "wiring"):
            del sys.modules[name]


def every() -> None:
    """Imports all modules: one line each, of what it is loaded from and with what outcome."""
    for path in sorted(names("/flash")):
        name = path[len("/flash/") :]
        if name.endswith(".mpy"):
            module = name[:-4].replace("/__init__", "").replace("/", ".")
            try:
                __import__(module)
                print(module, sys.modules[module].__file__)
            except ValueError as error:
                print(module, "ValueError", error)
    from agent.version import FIRMWARE
    from wiring import WIRING

    print("version", FIRMWARE)
    print("wiring", WIRING)


def boot() -> None:
    """boot.py and main.py, as sources."""
    for name in ("boot.py", "main.py"):
        with open(name) as file:
            source = file.read()
        exec(source, {"__name__": "__main__"})


if __name__ == "__main__":
    files, store = Partition("vfs", sys.argv[1]), Partition("store", sys.argv[2])
    what = {"all": every, "boot": boot}[sys.argv[3]]
    sys.argv[1:] = []
    esp32_port.install(mapped=False)
    esp32_port.chip.partitions["store"] = store
    start(files)
    what()
    assert not files.writes
