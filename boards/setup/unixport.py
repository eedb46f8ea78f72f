# SPDX-License-Identifier: MIT
"""Build MicroPython for the simulated board (boards/UNIX) and its mpy-cross, unless a good one is here already."""

import os
import shutil
from pathlib import Path

from archives import LADDER, Sources, obtain, unpack
from host import CACHE, ROOT, SetupError, digest, install, log_tail, need, run, say, stamped

from nightlatch.errors import HostError
from nightlatch.sim import runtime

BOARD = ROOT / "boards" / "UNIX"
HOME = CACHE / "micropython"
# Frozen into the binary's banner in place of the state of this project's own git.
BUILD_TIME = "1757548800"
KEEP = (
    "drivers/",
    "extmod/",
    "lib/berkeley-db-1.xx/",
    "lib/crypto-algorithms/",
    "lib/libm/",
    "lib/libm_dbl/",
    "lib/littlefs/",
    "lib/mbedtls/include/",
    "lib/mbedtls/library/",
    "lib/mbedtls_errors/",
    "lib/oofatfs/",
    "lib/re1.5/",
    "lib/uzlib/",
    "mpy-cross/",
    "ports/unix/",
    "py/",
    "shared/",
    "tools/",
)


def has_compiler(*flags: str) -> bool:
    """Whether gcc makes a program with these flags that this kernel then runs."""
    source, program = HOME / "try.c", HOME / "try"
    source.write_text('#include <math.h>\n#include <stdio.h>\nint main(void) { return puts("") < 0 || sin(0) > 1; }\n')
    return run(["gcc", *flags, "-o", program, source, "-lm"]) and run([program])


def tools() -> None:
    """gcc and make, installed if need be. Raises SetupError."""
    if shutil.which("make") is None and not install("make"):
        raise need("make", "make")
    if not has_compiler() and not (install("gcc", "libc6-dev") and has_compiler()):
        raise need("a working gcc", "gcc", "libc6-dev")


def word_bits() -> int:
    """32 where gcc can (the heap of the boards), else 64."""
    if has_compiler("-m32"):
        return 32
    if os.uname().machine == "x86_64" and install("gcc-multilib") and has_compiler("-m32"):
        return 32
    say("no 32-bit compiler (apt-get install gcc-multilib), so the agent's heap has 64-bit words here")
    return 64


def unpacked() -> tuple[Sources, Path]:
    """The sources, downloaded and unpacked once."""
    for sources in LADDER:
        tree = HOME / f"src-{sources.version}-{sources.key()[:8]}"
        if tree.is_dir():
            return sources, tree
    say("downloading MicroPython")
    sources, files = obtain()
    tree = HOME / f"src-{sources.version}-{sources.key()[:8]}"
    part = tree.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    unpack(files[0], part, KEEP)
    for file in files[1:]:
        unpack(file, part / "lib" / "mbedtls", ("include/", "library/"))
    # The makefiles look for this one file of micropython-lib, of which the board takes nothing.
    readme = part / "lib" / "micropython-lib" / "README.md"
    readme.parent.mkdir(parents=True, exist_ok=True)
    readme.write_text("Not needed here.\n")
    return sources, part.rename(tree)


def make(folder: Path, version: str, *variables: str) -> None:
    """Run make there. Raises SetupError."""
    # A newer gcc warns of more than this release knew.
    jobs = f"-j{os.cpu_count() or 1}"
    command: list[str | Path] = ["make", "-C", folder, jobs, "CFLAGS_EXTRA=-Wno-error", *variables]
    tag = {"MICROPY_GIT_TAG": f"v{version}", "MICROPY_GIT_HASH": f"v{version}", "SOURCE_DATE_EPOCH": BUILD_TIME}
    if not run(command, MICROPY_MPYCROSS=str(runtime.BUILT_CROSS), **tag):
        raise SetupError(f"MicroPython did not build; the end of .cache/setup.log:\n{log_tail()}")


def publish(built: Path, target: Path) -> None:
    """Put a program in its place in one step: it may be running."""
    part = target.with_suffix(".part")
    shutil.copy2(built, part)
    part.replace(target)


def build(bits: int) -> None:
    """Build both programs and put them in their place. Raises SetupError."""
    sources, tree = unpacked()
    say("building MicroPython")
    common = digest(sources.key(), str(ROOT))
    cross = HOME / f"mpy-cross-{common[:8]}"
    if not runtime.BUILT_CROSS.is_file() or not cross.is_dir():
        make(tree / "mpy-cross", sources.version, f"BUILD={cross}")
        publish(cross / "mpy-cross", runtime.BUILT_CROSS)

    # Make sees a changed .c, but not a changed -D.
    settings = [*sorted(BOARD.glob("*.h")), *sorted(BOARD.glob("*.mk")), *sorted(BOARD.glob("*.py"))]
    key = digest(common, str(bits), *settings)
    folder = HOME / "build"
    if not stamped(folder / "settings.stamp", key):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "settings.stamp").write_text(key)
    force = f"MICROPY_FORCE_32BIT={int(bits == 32)}"
    native = f"MPY_CROSS_FLAGS=-march={'x86' if bits == 32 else 'x64'}"
    frozen = runtime.fingerprint()
    make(tree / "ports" / "unix", sources.version, f"VARIANT_DIR={BOARD}", f"BUILD={folder}", force, native)
    why = runtime.fault(folder / "micropython")
    if why:
        raise SetupError(f"the MicroPython just built can't run the agent: {why}")
    publish(folder / "micropython", runtime.BUILT)
    runtime.FROZEN.write_text(frozen)


def inputs() -> str:
    """Changes whenever a build would come out differently, but for the width of words."""
    files = [file for tail in ("c", "h", "mk", "py") for file in sorted(BOARD.glob(f"*.{tail}"))]
    ladder = [sources.key() for sources in LADDER]
    return digest(str(ROOT), runtime.fingerprint(), *ladder, *(part for file in files for part in (file.name, file)))


def ready() -> None:
    """Make sure that there is a MicroPython to run the agent. Raises SetupError."""
    try:
        if runtime.chosen():
            return
    except HostError as error:
        raise SetupError(error.message) from error
    HOME.mkdir(parents=True, exist_ok=True)
    stamp, key = HOME / "built.stamp", inputs()
    built = runtime.BUILT.is_file() and runtime.BUILT_CROSS.is_file()
    if built and stamped(stamp, f"{key} 32"):
        return
    if built and stamped(stamp, f"{key} 64") and not has_compiler("-m32"):
        return
    if not runtime.BUILT.is_file() and (other := runtime.on_path()):
        say(f"using {other}")
        return
    if any(mark in str(ROOT) for mark in " :$#"):
        raise SetupError(f"make can't build in {ROOT}: clone into a path without spaces, colons, $ and #")
    tools()
    bits = word_bits()
    stamp.unlink(missing_ok=True)
    build(bits)
    stamp.write_text(f"{key} {bits}")
