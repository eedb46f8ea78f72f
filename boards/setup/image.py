# SPDX-License-Identifier: MIT
"""`make image BOARD=NAME [DEBUG=1]`: the image of a board, in build/NAME."""

import argparse
import fcntl
import hashlib
import sys

import rp2port
from host import CACHE, ROOT, SetupError, say


def main(words: list[str]) -> int:
    """Exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("board", help="a folder of boards/")
    parser.add_argument("--debug", action="store_true", help="keep MicroPython's prompt: never for a car")
    options = parser.parse_args(words)
    board = ROOT / "boards" / options.board
    try:
        if not (board / "mpconfigboard.cmake").is_file():
            raise SetupError(f"no image is built of {options.board}")
        with (CACHE / "setup.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            folder = rp2port.image(board, options.debug)
    except SetupError as error:
        say(str(error))
        return 1
    for file in sorted(folder.iterdir()):
        data = file.read_bytes()
        print(f"{hashlib.sha256(data).hexdigest()}  {file.relative_to(ROOT)}  {len(data)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
