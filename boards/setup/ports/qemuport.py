# SPDX-License-Identifier: MIT
"""Build the image of the emulated board (boards/QEMU_MPS2), and install what builds and runs it."""

import shutil

import wiring
from host import ROOT, digest, install, need, run, say, stamped
from ports.portbuild import HOME, common, cross, files_of, fresh, inputs, make, publish, tools, unpacked

from nightlatch.sim.car import emulated

BOARD = ROOT / "boards" / "QEMU_MPS2"
SHARED = ROOT / "boards" / "UNIX"
COMPILER = "arm-none-eabi-gcc"
PACKAGES = ("qemu-system-arm", "gcc-arm-none-eabi", "libnewlib-arm-none-eabi")


def has_tools() -> bool:
    """Whether the emulator is here, and a compiler with its C library."""
    if not (shutil.which(emulated.QEMU) and shutil.which(COMPILER)):
        return False
    source = HOME / "try-arm.c"
    source.write_text("#include <string.h>\nsize_t f(const char *s) { return strlen(s); }\n")
    return run([COMPILER, "-mthumb", "-mcpu=cortex-m3", "-c", "-o", source.with_suffix(".o"), source])


def build() -> None:
    """Build the image and put it in its place. Raises SetupError."""
    sources, tree = unpacked()
    say("building MicroPython for the emulated board")
    cross(sources, tree)
    table = wiring.write(BOARD, HOME / "qemu-wiring")
    folder = HOME / "build-qemu"
    fresh(folder, digest(common(sources), *files_of(BOARD, "h", "mk", "py", "ld"), *files_of(SHARED, "h")))
    where = [f"BOARD={BOARD.name}", f"BOARD_DIR={BOARD}", f"BUILD={folder}"]
    frozen = f"MICROPY_MANIFEST_WIRING_DIR={table.parent}"
    make(tree / "ports" / "qemu", sources.version, *where, frozen)
    publish(folder / "firmware.elf", emulated.IMAGE)


def ready() -> None:
    """Make sure that the emulated board can be run. Raises SetupError."""
    HOME.mkdir(parents=True, exist_ok=True)
    if not has_tools() and not (install(*PACKAGES) and has_tools()):
        raise need("the emulated board's tool chain", *PACKAGES)
    own = files_of(BOARD, "c", "h", "mk", "py", "ld", "csv", "json")
    stamp = HOME / "built-qemu.stamp"
    key = inputs([*own, *files_of(SHARED, "c", "h")], emulated.fingerprint())
    if emulated.IMAGE.is_file() and stamped(stamp, key):
        return
    tools()
    stamp.unlink(missing_ok=True)
    build()
    stamp.write_text(key)
