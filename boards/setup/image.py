# SPDX-License-Identifier: MIT
"""`make image BOARD=NAME [DEBUG=1]`: the image of a board, in build/NAME. `make image-check` builds it once more.

The second time from a copy of what git knows of this checkout, at another path: the same bytes must come out.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from host import CACHE, ROOT, SetupError, say
from ports import rp2port


def sums(folder: Path) -> list[str]:
    """A line for each file."""
    files = [(file.name, file.read_bytes()) for file in sorted(folder.iterdir())]
    return [f"{hashlib.sha256(data).hexdigest()}  {name}  {len(data)} bytes" for name, data in files]


def elsewhere(board: str) -> list[str]:
    """The lines of an image that a copy of this checkout builds. Raises SetupError."""
    with tempfile.TemporaryDirectory(prefix="nightlatch-image-") as folder:
        copy = Path(folder) / "another" / "checkout"
        known = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        for name in filter(None, known.decode().split("\0")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
        shutil.copytree(CACHE / "downloads", copy / ".cache" / "downloads")
        environment = {**os.environ, "PYTHONPATH": str(copy / "host_tools")}
        command = [sys.executable, "-B", str(copy / "boards" / "setup" / "image.py"), board]
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise SetupError(done.stderr.strip())
        return sums(copy / "build" / board)


def main(words: list[str]) -> int:
    """Exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("board", help="a folder of boards/")
    parser.add_argument("--debug", action="store_true", help="keep MicroPython's prompt: never for a car")
    parser.add_argument("--check", action="store_true", help="build it from another path too, and compare")
    options = parser.parse_args(words)
    board = ROOT / "boards" / options.board
    try:
        if not (board / "mpconfigboard.cmake").is_file():
            raise SetupError(f"no image is built of {options.board}")
        CACHE.mkdir(exist_ok=True)
        with (CACHE / "setup.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            folder = rp2port.image(board, options.debug)
        lines = sums(folder)
        if options.check and elsewhere(options.board) != lines:
            raise SetupError(f"two checkouts built two images of {options.board}")
    except SetupError as error:
        say(str(error))
        return 1
    print(*lines, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
