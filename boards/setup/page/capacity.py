# SPDX-License-Identifier: MIT
"""How many keys a board's flash holds: the agent's own store says so, on a blank flash of that size, in MicroPython."""

import subprocess
import tempfile
from functools import cache

from boardfiles import Board
from chips import SECTOR

from nightlatch import micropython

_HEAP = "4M"  # nobody's board: the store's code is loaded beside the tables of a flash of any size
_ASK = """
from agent.store.flash.filenor import FileNor
from agent.store.journal import Journal
from agent.store.tables import Store
store = Store(Journal(FileNor(%r, %d, %d)))
store.mount()
print(store.capacity())
"""


@cache
def keys(size: int) -> int:
    """Handles that a store of `size` bytes gives in its life. NoMicroPython when there is none to ask."""
    with tempfile.TemporaryDirectory(prefix="nightlatch-capacity-") as folder:
        argv, environment = micropython.command("-c", _ASK % (f"{folder}/flash", size // SECTOR, SECTOR), heap=_HEAP)
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return int(done.stdout)


def of(board: Board) -> int:
    """The same for a board."""
    return keys(next(int(region["size"]) for region in board.ours["regions"] if region["name"] == "store"))
