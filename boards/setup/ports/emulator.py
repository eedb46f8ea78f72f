# SPDX-License-Identifier: MIT
"""Make ready to run the image of a Pico here: the image, Node.js, and npm's rp2040js, pinned by its integrity."""

import shutil
from pathlib import Path

from host import CACHE, ROOT, SetupError, digest, install, log_tail, need, run, say, stamped
from ports import portbuild, rp2port
from ports.portbuild import inputs

from nightlatch import micropython

BOARD = ROOT / "boards" / "RPI_PICO"
HOME = CACHE / "emulator"
PINS = ("package.json", "package-lock.json")


def tools() -> None:
    """What builds the image and what runs it, installed if need be, all that is missing at once. Raises SetupError."""
    portbuild.tools()
    node = shutil.which("node") and shutil.which("npm")
    missing = (*(() if node else ("nodejs", "npm")), *(() if rp2port.has_tools() else rp2port.PACKAGES))
    if missing and not install(*missing):
        raise need("what builds and runs the image of a Pico", *missing)


def packages(stamp: Path, key: str) -> None:
    """rp2040js in .cache/emulator. Raises SetupError."""
    say("installing rp2040js")
    for name in PINS:
        shutil.copy2(BOARD / "emulator" / name, HOME)
    if not run(["npm", "ci", "--prefix", HOME, "--ignore-scripts", "--no-audit", "--no-fund"]):
        raise SetupError(f"npm failed; the end of .cache/setup.log:\n{log_tail()}")
    stamp.write_text(key)


def ready() -> None:
    """Bring both up to date. Raises SetupError."""
    HOME.mkdir(parents=True, exist_ok=True)
    pins, pins_key = HOME / "packages.stamp", digest(*(BOARD / "emulator" / name for name in PINS))
    stamp = HOME / "image.stamp"
    key = inputs(rp2port.own_files(BOARD), micropython.fingerprint(), rp2port.named() or "")
    image = rp2port.target(BOARD.name) / rp2port.BINARY
    built = image.is_file() and stamped(stamp, key + digest(image))
    if built and stamped(pins, pins_key):
        return
    tools()
    if not stamped(pins, pins_key):
        packages(pins, pins_key)
    if not built:
        stamp.unlink(missing_ok=True)
        rp2port.image(BOARD)
        stamp.write_text(key + digest(image))
