# SPDX-License-Identifier: MIT
"""Build the image of a board with an RP2040 or RP2350 (boards/RPI_PICO and its like): MicroPython's rp2 port, locked.

$MICROPYTHON_TREE names a tree of MicroPython to use in place of the pinned one; boards with a radio need it, for two of
the libraries that they are built from are in no archive that set-up knows.
"""

import json
import os
import shutil
from pathlib import Path

import uf2
import wiring
from archives import Archive, download, pools, unpack_deb
from host import ROOT, SetupError, digest, install, log_tail, need, run, say
from micropython import BUILD_TIME, HOME, common, cross, fresh, make, publish, tools, unpacked

from nightlatch.sim import runtime

COMPILER = "arm-none-eabi-gcc"
PACKAGES = ("cmake", "ninja-build", "gcc-arm-none-eabi", "libnewlib-arm-none-eabi")
LIBRARIES = {
    "pico-sdk": Archive(
        "p/pico-sdk/pico-sdk-source_2.1.1-1_all.deb",
        "507a3ca37636641bc90239d7c04dc9dc28c5008087a8162102ea94d2273153d3",
    ),
    "tinyusb": Archive(
        "t/tinyusb/tinyusb-source_0.18.0+dfsg-1_all.deb",
        "01ce2c645df68f14a8a7dcfc8fb355713152543757955820479a87949a61154e",
    ),
}
# What a line of mpconfigboard.cmake asks for, and a file by which it is known to be there.
WANTED = {
    "MICROPY_PY_LWIP": "lib/lwip/src/include/lwip/init.h",
    "MICROPY_PY_NETWORK_CYW43": "lib/cyw43-driver/src/cyw43.h",
    "MICROPY_BLUETOOTH_BTSTACK": "lib/btstack/src/btstack.h",
}
TREE = "MICROPYTHON_TREE"


def has_tools() -> bool:
    """Whether cmake, ninja and a compiler with its C library are here."""
    if not all(shutil.which(tool) for tool in ("cmake", "ninja", COMPILER)):
        return False
    source = HOME / "try-rp2.c"
    source.write_text("#include <string.h>\nsize_t f(const char *s) { return strlen(s); }\n")
    return run([COMPILER, "-mthumb", "-mcpu=cortex-m0plus", "-c", "-o", source.with_suffix(".o"), source])


def libraries(tree: Path) -> None:
    """Put what the port needs of others into the tree, once. Raises SetupError."""
    pool_uris: list[str] = []
    for name, archive in LIBRARIES.items():
        target = tree / "lib" / name
        if target.is_dir():
            continue
        pool_uris = pool_uris or pools()
        say(f"downloading {name}")
        file = download(archive, pool_uris)
        if file is None:
            raise SetupError(f"{archive.name} can't be downloaded: name a tree of MicroPython with its submodules in ${TREE}")
        part = target.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        unpack_deb(file, part, f"usr/src/{name}/")
        part.rename(target)


def prepared() -> tuple[Path, str, str]:
    """A tree to build from, what changes with it, and its version ("" where its own git says). Raises SetupError."""
    named = os.environ.get(TREE)
    if not named:
        sources, tree = unpacked()
        cross(sources, tree)
        libraries(tree)
        return tree, digest(common(sources), *(archive.sha256 for archive in LIBRARIES.values())), sources.version
    tree = Path(named).resolve()
    if not (tree / "ports" / "rp2" / "CMakeLists.txt").is_file():
        raise SetupError(f"${TREE} ({named}) is no tree of MicroPython")
    folder = HOME / f"mpy-cross-{digest(str(tree))[:8]}"
    make(tree / "mpy-cross", "", f"BUILD={folder}")
    return tree, digest(str(tree), str(ROOT)), ""


def check(board: Path, tree: Path) -> None:
    """SetupError where the tree lacks a library that the board's settings ask for."""
    settings = (board / "mpconfigboard.cmake").read_text()
    lacking = [file.split("/")[1] for line, file in WANTED.items() if f"({line} ON)" in settings and not (tree / file).is_file()]
    if lacking:
        raise SetupError(
            f"{board.name} is built from {', '.join(lacking)} too, which the pinned sources leave out: clone MicroPython, "
            f"run `make -C ports/rp2 BOARD={board.name} submodules` there, and name the clone in ${TREE}"
        )


def image(board: Path, debug: bool = False) -> Path:
    """Build a board's image; the folder that nightlatch.bin and nightlatch.uf2 are in. Raises SetupError."""
    HOME.mkdir(parents=True, exist_ok=True)
    tools()
    if not has_tools() and not (install(*PACKAGES) and has_tools()):
        raise need("the tool chain of the rp2 port", *PACKAGES)
    tree, key, version = prepared()
    check(board, tree)
    name = f"{board.name}-debug" if debug else board.name
    say(f"building the image of {name}")
    folder = HOME / f"build-{name}"
    own = [file for where in (board, ROOT / "boards" / "RPI_PICO") for file in sorted(where.glob("*.*")) if file.suffix in (".c", ".cmake", ".csv", ".h")]
    fresh(folder, digest(key, *own))
    table = wiring.write(board, folder / "wiring", name, debug)
    _compile(board, tree, folder, version, f"-DMICROPY_MANIFEST_WIRING_DIR={table.parent}", f"-DNIGHTLATCH_DEBUG={int(debug)}")
    return _publish(board, folder, ROOT / "build" / name)


def _compile(board: Path, tree: Path, folder: Path, version: str, *settings: str) -> None:
    # no path of this machine gets into the image, so that two checkouts make the same bytes
    names = {tree: "micropython", ROOT: "nightlatch"}
    flags = " ".join(f"-ffile-prefix-map={path}={name}" for path, name in names.items())
    tag = {"MICROPY_GIT_TAG": f"v{version}", "MICROPY_GIT_HASH": f"v{version}"} if version else {}
    compiler = runtime.BUILT_CROSS if version else HOME / f"mpy-cross-{digest(str(tree))[:8]}" / "mpy-cross"
    # the SDK links as if there were C++, whose library is 1.5 GB and would give nothing: an empty archive does
    (folder / "libstdc++.a").write_bytes(b"!<arch>\n")
    environment = {
        "MICROPY_MPYCROSS": str(compiler),
        "SOURCE_DATE_EPOCH": BUILD_TIME,
        "CFLAGS": flags,
        "CXXFLAGS": flags,
        "LDFLAGS": f"-L{folder}",
        **tag,
    }
    where = [f"-DMICROPY_BOARD={board.name}", f"-DMICROPY_BOARD_DIR={board}", "-DPICO_NO_PICOTOOL=1", *settings]
    if not (
        run(["cmake", "-G", "Ninja", "-S", tree / "ports" / "rp2", "-B", folder, *where], **environment)
        and run(["ninja", "-C", folder, "firmware"], **environment)
    ):
        raise SetupError(f"the image did not build; the end of .cache/setup.log:\n{log_tail()}")


def _publish(board: Path, folder: Path, target: Path) -> Path:
    ours = json.loads((board / "board.json").read_text())["nightlatch"]
    room = next(region["size"] for region in ours["regions"] if region["name"] == "firmware")
    built = (folder / "firmware.bin").read_bytes()
    if len(built) > room:
        raise SetupError(f"the image of {board.name} takes {len(built)} bytes, its region holds {room}")
    target.mkdir(parents=True, exist_ok=True)
    publish(folder / "firmware.bin", target / "nightlatch.bin")
    (folder / "firmware.uf2").write_bytes(uf2.convert(built, int(ours["flash"]["family"], 16)))
    publish(folder / "firmware.uf2", target / "nightlatch.uf2")
    return target
