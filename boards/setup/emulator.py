# SPDX-License-Identifier: MIT
"""Make ready to run the image of a Pico here: the image, Node.js, and npm's rp2040js, pinned by its integrity."""

import shutil

import rp2port
from host import CACHE, ROOT, SetupError, digest, install, log_tail, need, run, say, stamped
from portbuild import inputs

from nightlatch.sim import runtime

BOARD = ROOT / "boards" / "RPI_PICO"
HOME = CACHE / "emulator"
PINS = ("package.json", "package-lock.json")


def packages() -> None:
    """rp2040js in .cache/emulator. Raises SetupError."""
    files = [BOARD / "emulator" / name for name in PINS]
    stamp, key = HOME / "packages.stamp", digest(*files)
    if stamped(stamp, key):
        return
    if not (shutil.which("node") and shutil.which("npm")) and not install("nodejs", "npm"):
        raise need("Node.js", "nodejs", "npm")
    say("installing rp2040js")
    HOME.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copy2(file, HOME)
    if not run(["npm", "ci", "--prefix", HOME, "--ignore-scripts", "--no-audit", "--no-fund"]):
        raise SetupError(f"npm failed; the end of .cache/setup.log:\n{log_tail()}")
    stamp.write_text(key)


def ready() -> None:
    """Bring both up to date. Raises SetupError."""
    packages()
    stamp, key = HOME / "image.stamp", inputs(rp2port.own_files(BOARD), runtime.fingerprint(), rp2port.named() or "")
    image = rp2port.target(BOARD.name) / rp2port.BINARY
    if image.is_file() and stamped(stamp, key + digest(image)):
        return
    stamp.unlink(missing_ok=True)
    rp2port.image(BOARD)
    stamp.write_text(key + digest(image))
