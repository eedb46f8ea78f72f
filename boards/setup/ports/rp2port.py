# SPDX-License-Identifier: MIT
"""Build the image of a board with an RP2040 or RP2350 (boards/RPI_PICO and its like): MicroPython's rp2 port, locked.

$MICROPYTHON_TREE names a tree of MicroPython to use in place of the pinned one; boards with a radio need it, for some
of the libraries that they are built from are in no archive that set-up knows.
"""

import json
import os
import shutil
from pathlib import Path

import wiring
from archives import Archive, download, pools, unpack_deb
from host import ROOT, SetupError, digest, install, log_tail, need, run, say
from ports import uf2
from ports.portbuild import BUILD_TIME, HOME, cross, fresh, make, publish, tools, unpacked

from nightlatch import micropython

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
# What a board whose settings or manifest have this text is built from: a file by which it is known to be there.
WANTED = (
    ("", "lib/mbedtls/include/mbedtls/version.h"),
    ("", "lib/pico-sdk/pico_sdk_init.cmake"),
    ("", "lib/tinyusb/src/tusb.h"),
    ("(MICROPY_PY_LWIP ON)", "lib/lwip/src/include/lwip/init.h"),
    ("(MICROPY_PY_NETWORK_CYW43 ON)", "lib/cyw43-driver/src/cyw43.h"),
    ("(MICROPY_BLUETOOTH_BTSTACK ON)", "lib/btstack/src/btstack.h"),
    ('require("usb-device-cdc")', "lib/micropython-lib/micropython/usb/usb-device-cdc/manifest.py"),
)
# Texts of MicroPython's prompts, on a port or over a network.
PROMPTS = (b">>> ", b"raw REPL", b"paste mode")
TREE = "MICROPYTHON_TREE"
BINARY = "nightlatch.bin"
TAILS = (".c", ".cmake", ".csv", ".h", ".json", ".py")


def named() -> str | None:
    """The tree that the environment names."""
    return os.environ.get(TREE) or None


def target(name: str) -> Path:
    """Where a board's finished image lies."""
    return ROOT / "build" / name


def own_files(board: Path) -> list[Path]:
    """What of boards/ goes into an image: the board's folder, and what it takes from the first of its port."""
    folders = {board, board / "modules", ROOT / "boards" / "RPI_PICO"}
    return [file for folder in sorted(folders) for file in sorted(folder.glob("*.*")) if file.suffix in TAILS]


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
        place = tree / "lib" / name
        if place.is_dir():
            continue
        pool_uris = pool_uris or pools()
        say(f"downloading {name}")
        file = download(archive, pool_uris)
        if file is None:
            raise SetupError(f"{archive.name} can't be had here: name a MicroPython with its submodules in ${TREE}")
        part = place.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        unpack_deb(file, part, f"usr/src/{name}/")
        part.rename(place)


def prepared() -> tuple[Path, Path, str]:
    """A tree to build from, its compiler to .mpy, its version ("" where its own git says). Raises SetupError."""
    name = named()
    if name is None:
        sources, tree = unpacked()
        cross(sources, tree)
        libraries(tree)
        return tree, micropython.BUILT_CROSS, sources.version
    tree = Path(name).resolve()
    if not (tree / "ports" / "rp2" / "CMakeLists.txt").is_file():
        raise SetupError(f"${TREE} ({name}) is no tree of MicroPython")
    folder = HOME / f"mpy-cross-{digest(str(tree))[:8]}"
    make(tree / "mpy-cross", "", f"BUILD={folder}")
    return tree, folder / "mpy-cross", ""


def check(board: Path, tree: Path) -> None:
    """SetupError where the tree or this machine lacks what the board's settings ask for."""
    asked = (board / "mpconfigboard.cmake").read_text() + (board / "manifest.py").read_text()
    lacking = [file.split("/")[1] for text, file in WANTED if text in asked and not (tree / file).is_file()]
    if lacking:
        raise SetupError(
            f"{board.name} is built from {', '.join(lacking)} too, which this MicroPython comes without: clone it, run "
            f"`make -C ports/rp2 BOARD={board.name} submodules` there, and name the clone in ${TREE}"
        )
    # the radio's bus is a PIO program, which the SDK assembles with a tool that it builds for this machine
    if "(MICROPY_PY_NETWORK_CYW43 ON)" in asked and not shutil.which("g++") and not install("g++"):
        raise need("a C++ compiler for this machine", "g++")


def image(board: Path, debug: bool = False) -> Path:
    """Build a board's image; the folder that nightlatch.bin and nightlatch.uf2 are in. Raises SetupError."""
    HOME.mkdir(parents=True, exist_ok=True)
    tools()
    if not has_tools() and not (install(*PACKAGES) and has_tools()):
        raise need("the tool chain of the rp2 port", *PACKAGES)
    tree, mpy_cross, version = prepared()
    check(board, tree)
    name = f"{board.name}-debug" if debug else board.name
    say(f"building the image of {name}")
    folder = HOME / f"build-{name}"
    build_files = [file for file in own_files(board) if file.suffix in (".c", ".cmake", ".csv", ".h")]
    fresh(folder, digest(str(tree), version, Path(__file__), *build_files))
    table = wiring.write(board, folder / "wiring", name, debug)
    settings = (f"-DMICROPY_MANIFEST_WIRING_DIR={table.parent}", f"-DNIGHTLATCH_DEBUG={int(debug)}")
    compiled(board, tree, folder, mpy_cross, version, *settings)
    return finished(board, folder, target(name), debug)


def compiled(board: Path, tree: Path, folder: Path, mpy_cross: Path, version: str, *settings: str) -> None:
    """Run cmake and ninja. Raises SetupError."""
    # no path of this machine gets into the image, so that two checkouts make the same bytes
    flags = f"-ffile-prefix-map={tree}=micropython -ffile-prefix-map={ROOT}=nightlatch"
    # the SDK links as if there were C++, whose library is 1.5 GB and would give nothing: an empty archive does
    (folder / "libstdc++.a").write_bytes(b"!<arch>\n")
    environment = {"MICROPY_MPYCROSS": str(mpy_cross), "SOURCE_DATE_EPOCH": BUILD_TIME}
    # for cmake alone, which keeps them: the SDK's pioasm is a C++ program of this machine, and ninja configures it
    ours = {"CFLAGS": flags, "CXXFLAGS": flags, "LDFLAGS": f"-L{folder}"}
    if version:
        environment |= {"MICROPY_GIT_TAG": f"v{version}", "MICROPY_GIT_HASH": f"v{version}"}
    where = [f"-DMICROPY_BOARD={board.name}", f"-DMICROPY_BOARD_DIR={board}", "-DPICO_NO_PICOTOOL=1", *settings]
    if not (
        run(["cmake", "-G", "Ninja", "-S", tree / "ports" / "rp2", "-B", folder, *where], **environment, **ours)
        and run(["ninja", "-C", folder, "firmware"], **environment)
    ):
        raise SetupError(f"the image did not build; the end of .cache/setup.log:\n{log_tail()}")


def finished(board: Path, folder: Path, place: Path, debug: bool = False) -> Path:
    """Put the image in its place, as it is and as UF2. SetupError where it is too large or has a prompt in it."""
    ours = json.loads((board / "board.json").read_text())["nightlatch"]
    room = next(region["size"] for region in ours["regions"] if region["name"] == "firmware")
    built = folder / "firmware.bin"
    if built.stat().st_size > room:
        raise SetupError(f"the image of {board.name} takes {built.stat().st_size} bytes, its region holds {room}")
    prompts = [text.decode() for text in PROMPTS if text in built.read_bytes()]
    if prompts and not debug:
        raise SetupError(f"the image of {board.name} has a prompt in it: {', '.join(map(repr, prompts))}")
    wrapped = folder / "firmware.uf2"
    wrapped.write_bytes(uf2.convert(built.read_bytes(), int(ours["flash"]["family"], 16)))
    place.mkdir(parents=True, exist_ok=True)
    publish(wrapped, place / "nightlatch.uf2")
    publish(built, place / BINARY)
    return place
