# SPDX-License-Identifier: MIT
"""MicroPython's source tree, one for every port that set-up builds, its mpy-cross, and how a port is made."""

import os
import shutil
from pathlib import Path

from archives import LADDER, Sources, obtain, unpack
from host import CACHE, ROOT, SetupError, digest, install, log_tail, need, run, say, stamped

from nightlatch import micropython

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
    "ports/qemu/",
    "ports/rp2/",
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
    if any(mark in str(ROOT) for mark in " :$#"):
        raise SetupError(f"make can't build in {ROOT}: clone into a path without spaces, colons, $ and #")
    HOME.mkdir(parents=True, exist_ok=True)
    if shutil.which("make") is None and not install("make"):
        raise need("make", "make")
    if not has_compiler() and not (install("gcc", "libc6-dev") and has_compiler()):
        raise need("a working gcc", "gcc", "libc6-dev")


def unpacked() -> tuple[Sources, Path]:
    """The sources, downloaded and unpacked once."""
    parts = digest(*KEEP)[:4]
    for sources in LADDER:
        tree = HOME / f"src-{sources.version}-{sources.key()[:8]}{parts}"
        if tree.is_dir():
            return sources, tree
    say("downloading MicroPython")
    sources, files = obtain()
    tree = HOME / f"src-{sources.version}-{sources.key()[:8]}{parts}"
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


def common(sources: Sources) -> str:
    """Changes whenever no object of an older build will do."""
    return digest(sources.key(), str(ROOT))


def make(folder: Path, version: str, *variables: str) -> None:
    """Run make there, with the version that is no longer to be read from a git ("" where it is). Raises SetupError."""
    # A newer gcc warns of more than this release knew.
    jobs = f"-j{os.cpu_count() or 1}"
    command: list[str | Path] = ["make", "-C", folder, jobs, "CFLAGS_EXTRA=-Wno-error", *variables]
    tag = {"MICROPY_GIT_TAG": f"v{version}", "MICROPY_GIT_HASH": f"v{version}"} if version else {}
    if not run(command, MICROPY_MPYCROSS=str(micropython.BUILT_CROSS), SOURCE_DATE_EPOCH=BUILD_TIME, **tag):
        raise SetupError(f"MicroPython did not build; the end of .cache/setup.log:\n{log_tail()}")


def cross(sources: Sources, tree: Path) -> None:
    """The compiler to .mpy of these sources. Raises SetupError."""
    folder = HOME / f"mpy-cross-{common(sources)[:8]}"
    if not micropython.BUILT_CROSS.is_file() or not folder.is_dir():
        make(tree / "mpy-cross", sources.version, f"BUILD={folder}")
        publish(folder / "mpy-cross", micropython.BUILT_CROSS)


def fresh(folder: Path, key: str) -> None:
    """An empty build folder unless it was made with this key: make sees a changed .c, but not a changed -D."""
    if not stamped(folder / "settings.stamp", key):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "settings.stamp").write_text(key)


def publish(built: Path, target: Path) -> None:
    """Put a program in its place in one step: it may be running."""
    part = target.with_suffix(".part")
    shutil.copy2(built, part)
    part.replace(target)


def files_of(board: Path, *tails: str) -> list[Path]:
    """A board's own files with these endings."""
    return [file for tail in tails for file in sorted(board.glob(f"*.{tail}"))]


def inputs(files: list[Path], *more: str) -> str:
    """The key of a whole build: sources, what is frozen, the board's own files."""
    ladder = [sources.key() for sources in LADDER]
    return digest(str(ROOT), *more, *ladder, *(part for file in files for part in (file.name, file)))
