# SPDX-License-Identifier: MIT
"""On the emulated board: what a start costs, from the first import of the agent to its first advertisement.

The flash image that the command line names was filled before. Nothing sleeps meanwhile: every step is called by hand,
in the order of main.py. Prints one JSON object.
"""

import gc
import json

import mps2

from tests.bench.board_ticks import instructions


def main():
    gc.collect()
    start = mps2.ticks()
    marks = []

    def mark(name):
        marks.append((name, instructions(start)))

    gc.threshold(4096)
    from agent import app, hal

    gc.threshold(-1)
    mark("import")
    board = hal.Hal(hal.wiring())
    mark("board")
    agent = app.App(board)
    mark("agent")
    link = app.BleLink(board.radio(), agent._gate, agent._clock, board.uuid)
    link.start()
    link.turn()
    mark("advertising")
    store = agent._store
    gc.collect()
    assert not link.faults and store.next_handle()
    print(json.dumps({"marks": marks, "credentials": store.next_handle(), "free": gc.mem_free()}))


main()
