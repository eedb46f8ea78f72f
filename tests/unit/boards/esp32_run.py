# SPDX-License-Identifier: MIT
"""Runs under MicroPython: an ESP32 from its reset on, over the model of its port, as ports/esp32/main.c starts it.

argv: a folder with what the chip holds (store.bin; vfs.bin or romfs.bin; chip.json: why it starts, the RTC's memory),
what is in its program, the board's _boot.py. "stock": nothing of ours, boot.py and main.py are of the file system;
"built": the agent and _boot.py. "list": as stock, but every module is imported, and says where it came from. Serves on
stdin and stdout until the chip resets.
"""

import json
import os
import sys

import vfs

from tests.model import esp32_port

BLOCK = 4096
FLASH = "/flash"
OURS = ("agent", "wire", "slots", "start", "main", "wiring")


class Partition:
    """An esp32.Partition whose bytes stay in a file: the heap is the agent's."""

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
        self._put(block * BLOCK + offset, have)

    def ioctl(self, op: int, arg: int) -> "int | None":
        if op == 6:
            self._put(arg * BLOCK, b"\xff" * BLOCK)
        return {4: self.size // BLOCK, 5: BLOCK}.get(op, 0)

    def _put(self, at: int, data: bytes) -> None:
        self.file.seek(at)
        self.file.write(data)
        self.file.flush()
        self.writes += 1


class Rom(esp32_port.RomPartition):
    """The partition `romfs`: what is written goes to its file as well."""

    def __init__(self, address: int, path: str) -> None:
        with open(path, "rb") as file:
            data = file.read()
        super().__init__(address, len(data) // BLOCK, data)
        self.kept = Partition("romfs", path)

    def writeblocks(self, block: int, buf: bytes, offset: "int | None" = None) -> "int | None":
        self.kept.writeblocks(block, buf, offset)
        return super().writeblocks(block, buf, offset)

    def ioctl(self, op: int, arg: int) -> "int | None":
        if op == 6:
            self.kept.ioctl(op, arg)
        return super().ioctl(op, arg)


def forget() -> None:
    """What this run has loaded of the agent is no part of the chip."""
    for name in list(sys.modules):
        if name.split(".")[0] in OURS:
            del sys.modules[name]


def names(folder: str) -> "list[str]":
    found = []
    for name, kind, *_ in os.ilistdir(folder):
        path = "%s/%s" % (folder, name)
        found += names(path) if kind == 0x4000 else [path]
    return found


def every() -> None:
    """One line for each module, after those that the port loads lowest first."""
    __import__("agent.preload").preload.load(False)
    for path in sorted(names(FLASH)):
        name = path[len(FLASH) + 1 :]
        if name.endswith(".mpy"):
            module = name[:-4].replace("/__init__", "").replace("/", ".")
            try:
                __import__(module)
                print(module, sys.modules[module].__file__)
            except ValueError as error:
                print(module, "ValueError:", error)
    from wiring import WIRING

    print("WIRING", json.dumps(WIRING))


def run(path: str) -> None:
    """A script, as the port does."""
    with open(path) as file:
        source = file.read()
    exec(source, {"__name__": "__main__"})


class Chip(esp32_port.Chip):
    """Its cause and its memory are kept in a file."""

    def __init__(self, path: str) -> None:
        self.path = path
        with open(path) as file:
            told = json.load(file)
        self.cause, self.memory = told["cause"], told["memory"].encode()

    def keep(self) -> None:
        with open(self.path, "w") as file:
            json.dump({"cause": self.cause, "memory": self.memory.decode()}, file)


def main(folder: str, program: str, script: str = "") -> None:
    chip = esp32_port.chip = Chip(folder + "/chip.json")
    chip.partitions["store"] = Partition("store", folder + "/store.bin")
    built = program == "built"
    if built:
        chip.rom = Rom(0x300000, folder + "/romfs.bin")
    files = None if built else Partition("vfs", folder + "/vfs.bin")
    sys.argv[1:] = []
    esp32_port.install(mapped=built)
    forget()
    try:
        if built:
            sys.path.append(folder)  # its wiring.py
            run(script)
        else:
            vfs.mount(files, FLASH)
            os.chdir(FLASH)
            sys.path[:] = ["", ".frozen", "/lib"]
            if program == "list":
                every()
            else:
                run("boot.py")
                run("main.py")
    finally:
        assert files is None or not files.writes


if __name__ == "__main__":
    main(*sys.argv[1:])
