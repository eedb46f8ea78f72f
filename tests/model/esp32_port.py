# SPDX-License-Identifier: MIT
"""MicroPython's esp32 port as the agent sees it, put before the modules of the port that this runs under.

Of ports/esp32 in release 1.26.1: machine_timer.c (one object for each number, ValueError for others), modmachine.c (its
own reset and a panic have one cause), machine_rtc.c (memory that holds over both), esp32_partition.c (partitions by
label; the one named `romfs` from vfs.rom_ioctl, and no other can be read in place).
"""

import io
import os
import sys

from tests.model.blocks import BLOCK, Partition

EINVAL = 22
PWRON_RESET, HARD_RESET, WDT_RESET = 1, 2, 3
TIMERS = 2  # of an ESP32-C3; an ESP32-S3 has 4
PINS = 49


class Chip:
    """`cause`: why it started; `memory`: the RTC's; `partitions` by label; `rom`: the mapped one, if there is one."""

    cause = PWRON_RESET
    memory = b""
    partitions: "dict[str, Any]" = {}
    rom: "Any" = None

    def keep(self) -> None:
        """Cause and memory have changed."""


chip = Chip()


class Pin:
    IN, OUT, PULL_UP = 1, 3, 2

    def __init__(self, pin: "int | Pin", mode: int = -1, pull: int = -1, *, value: "int | None" = None) -> None:
        assert isinstance(pin, Pin) or 0 <= pin < PINS, "invalid pin"
        self.level = 1 if value is None else value

    def value(self, level: "int | None" = None) -> "int | None":
        if level is None:
            return self.level
        self.level = level
        return None


class Timer:
    ONE_SHOT = False
    made: "dict[int, Timer]" = {}
    armed: "tuple[int, object] | None" = None

    def __new__(cls, number: int) -> "Timer":
        if not 0 <= number < TIMERS:
            raise ValueError("invalid Timer number")
        if number not in cls.made:
            cls.made[number] = super().__new__(cls)
        return cls.made[number]

    def init(self, *, mode: bool, period: int, callback: object) -> None:
        self.armed = (period, callback)

    def deinit(self) -> None:
        self.armed = None


class WDT:
    def __init__(self, id: int = 0, timeout: int = 5000) -> None:
        assert id == 0 and timeout > 0

    def feed(self) -> None:
        pass


class RTC:
    def memory(self, data: "bytes | None" = None) -> "bytes | None":
        if data is None:
            return chip.memory
        chip.memory = bytes(data)
        chip.keep()
        return None


class SPI:
    """Nobody is on the bus."""

    def __init__(self, id: int, baudrate: int, *, sck: Pin, mosi: Pin, miso: Pin) -> None:
        assert id in (1, 2)

    def write(self, data: bytes) -> None:
        pass

    def readinto(self, buf: bytearray) -> None:
        buf[:] = bytes(len(buf))

    def write_readinto(self, data: bytes, buf: bytearray) -> None:
        buf[:] = bytes(len(buf))


class UART(io.IOBase):
    """Nobody is on the line."""

    def __init__(self, id: int, baudrate: int, *, tx: int, rx: int, rxbuf: int, txbuf: int, timeout: int) -> None:
        assert 0 <= tx < PINS and 0 <= rx < PINS

    def readinto(self, buf: bytearray) -> "int | None":
        return None

    def write(self, data: bytes) -> int:
        return len(data)

    def ioctl(self, request: int, wanted: int) -> int:
        return wanted & 4


class RomPartition(bytearray):
    """The partition `romfs`, which can also be read in place. `data`: what it holds; otherwise it is blank."""

    def __init__(self, address: int, count: int, data: bytes = b"") -> None:
        super().__init__(data or b"\xff" * (count * BLOCK))
        self.address, self.encrypted = address, False
        blocks: Any = Partition(0)
        blocks.data, blocks.count = memoryview(self), count
        self.blocks = blocks

    def info(self) -> "tuple[int, int, int, int, str, bool]":
        return 1, 0x8F, self.address, len(self), "romfs", self.encrypted

    def readblocks(self, block: int, buf: bytearray, offset: "int | None" = None) -> "int | None":
        return self.blocks.readblocks(block, buf, offset)

    def writeblocks(self, block: int, buf: bytes, offset: "int | None" = None) -> "int | None":
        return self.blocks.writeblocks(block, buf, offset)

    def ioctl(self, op: int, arg: int) -> "int | None":
        return self.blocks.ioctl(op, arg)


def reset() -> None:
    """Ends the process where it stands, as the chip does: nothing of the program sees it come."""
    chip.cause = HARD_RESET
    chip.keep()
    os.system("kill -9 $PPID")  # noqa: S605  MicroPython has no other way


class Machine:
    """The module `machine`."""

    Pin, Timer, WDT, RTC, SPI, UART = Pin, Timer, WDT, RTC, SPI, UART
    PWRON_RESET, HARD_RESET, WDT_RESET = PWRON_RESET, HARD_RESET, WDT_RESET
    reset = staticmethod(reset)

    @staticmethod
    def reset_cause() -> int:
        return chip.cause

    @staticmethod
    def unique_id() -> bytes:
        return b"\xa0\xb1\xc2\xd3\xe4\xf5"


class Esp32:
    """The module `esp32`."""

    class Partition:
        TYPE_APP, TYPE_DATA = 0, 1

        @staticmethod
        def find(type: int = 0, *, label: str) -> "list[Any]":
            assert type == 1
            return [chip.partitions[label]] if label in chip.partitions else []


def install(mapped: bool) -> None:
    """From here on an import finds this port. mapped: built with MICROPY_VFS_ROM, which a stock image is not."""
    import vfs

    def rom_ioctl(op: int, part: int) -> "Any":
        assert (op, part) == (2, 0)
        return -EINVAL if chip.rom is None else chip.rom

    names = ("mount", "umount", "VfsLfs2") + (("VfsRom",) if mapped else ())
    shown = {name: getattr(vfs, name) for name in names}
    if mapped:
        shown["rom_ioctl"] = staticmethod(rom_ioctl)
    names = ("argv", "implementation", "maxsize", "modules", "path", "print_exception", "exit", "stdin", "stdout")
    modules: dict[str, Any] = sys.modules
    own = {name: getattr(sys, name) for name in names}
    modules["vfs"] = type("vfs", (), shown)
    modules["sys"] = type("sys", (), dict(own, platform="esp32"))
    modules["machine"], modules["esp32"] = Machine, Esp32


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
