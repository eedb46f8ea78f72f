# SPDX-License-Identifier: MIT
"""Build MicroPython for the simulated board (boards/UNIX) and its mpy-cross, unless a good one is here already."""

import os

from host import ROOT, SetupError, digest, install, say, stamped
from ports.portbuild import (
    HOME,
    common,
    cross,
    files_of,
    fresh,
    has_compiler,
    inputs,
    make,
    publish,
    tools,
    unpacked,
)

from nightlatch import micropython
from nightlatch.errors import HostError

BOARD = ROOT / "boards" / "UNIX"


def word_bits() -> int:
    """32 where gcc can (the heap of the boards), else 64."""
    if has_compiler("-m32"):
        return 32
    if os.uname().machine == "x86_64" and install("gcc-multilib") and has_compiler("-m32"):
        return 32
    say("no 32-bit compiler (apt-get install gcc-multilib), so the agent's heap has 64-bit words here")
    return 64


def build(bits: int) -> None:
    """Build both programs and put them in their place. Raises SetupError."""
    sources, tree = unpacked()
    say("building MicroPython")
    cross(sources, tree)
    folder = HOME / "build"
    fresh(folder, digest(common(sources), str(bits), *files_of(BOARD, "h", "mk", "py")))
    force = f"MICROPY_FORCE_32BIT={int(bits == 32)}"
    native = f"MPY_CROSS_FLAGS=-march={'x86' if bits == 32 else 'x64'}"
    frozen = micropython.fingerprint()
    make(tree / "ports" / "unix", sources.version, f"VARIANT_DIR={BOARD}", f"BUILD={folder}", force, native)
    why = micropython.fault(folder / "micropython")
    if why:
        raise SetupError(f"the MicroPython just built can't run the agent: {why}")
    publish(folder / "micropython", micropython.BUILT)
    micropython.FROZEN.write_text(frozen)


def ready() -> None:
    """Make sure that there is a MicroPython to run the agent. Raises SetupError."""
    try:
        if micropython.chosen():
            return
    except HostError as error:
        raise SetupError(error.message) from error
    HOME.mkdir(parents=True, exist_ok=True)
    stamp, key = HOME / "built.stamp", inputs(files_of(BOARD, "c", "h", "mk", "py"), micropython.fingerprint())
    built = micropython.BUILT.is_file() and micropython.BUILT_CROSS.is_file()
    if built and stamped(stamp, f"{key} 32"):
        return
    if built and stamped(stamp, f"{key} 64") and not has_compiler("-m32"):
        return
    if not micropython.BUILT.is_file() and (other := micropython.on_path()):
        say(f"using {other}")
        return
    tools()
    bits = word_bits()
    stamp.unlink(missing_ok=True)
    build(bits)
    stamp.write_text(f"{key} {bits}")
