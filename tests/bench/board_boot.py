# SPDX-License-Identifier: MIT
"""On the emulated board: what a start costs, from main.py to the first advertisement.

The flash image that the command line names was filled before. Modules come from the image alone, as where no host's
files are in reach. Nothing sleeps meanwhile: every step is called by hand, in the order of main.py. Prints one JSON
object.
"""

import gc
import json
import sys

import machine  # noqa: F401  # _boot.py did so
import mps2
import vfs

from tests.bench.board_ticks import instructions

PATH = ("", ".frozen", "/lib")  # where a Pico looks for modules


def piece(most):
    """The largest block that can be had, to 64 bytes."""
    low = 0
    while most - low > 64:
        middle = (low + most) // 2
        try:
            bytearray(middle)
            low = middle
        except MemoryError:
            most = middle
        gc.collect()
    return low


def main():
    vfs.umount("/")
    sys.path[:] = PATH
    gc.collect()
    start = mps2.ticks()
    marks = []

    def mark(name):
        marks.append((name, instructions(start)))

    import main  # sets the threshold of the collector, and imports agent.hal

    wiring = main.hal.wiring()
    boot = __import__("start").choose(wiring)
    __import__("agent.preload").preload.load(bool(boot.slots))
    from agent import app

    mark("import")
    gc.collect()
    gc.threshold(-1)
    board = main.hal.Hal(wiring)
    mark("board")
    agent = app.App(board, boot)
    mark("agent")
    link = app.BleLink(board.radio(), agent._gate, agent._clock, board.uuid)
    link.start()
    link.turn()
    mark("advertising")
    store = agent._store
    gc.collect()
    free = gc.mem_free()
    assert not link.faults and not agent._car.faulty
    print(json.dumps({"marks": marks, "credentials": store.next_handle(), "free": free, "piece": piece(free)}))


main()
