# SPDX-License-Identifier: MIT
"""`nightlatch` with the boards of a folder, as a process to interrupt or kill: FOLDER, then its arguments."""

import sys
from pathlib import Path

from nightlatch.cli.main import main
from nightlatch.flash import board

if __name__ == "__main__":
    board.boards_dir = lambda: Path(sys.argv[1])  # type: ignore[attr-defined]
    sys.exit(main(sys.argv[2:]))
