# SPDX-License-Identifier: MIT
"""Runs under MicroPython what test_walk.py runs under CPython, with fewer sectors; prints what differs, and a sum."""

import gc
import sys

import agent.store.journal  # noqa: F401  (first: below the imports of the tests, its own would go too deep)
from agent.store.mount import walk, walk_plain
from tests.model import walks

if sys.argv[1] == "plain":
    walk.step = walk_plain.step
gc.threshold(1 << 20)
tally = walks.Tally()
walks.made(120, tally)
for name in ("unlock", "config", "compaction", "update"):
    walks.cut(name, "small", 40, tally)
walks.rotten("turn", "big", 20, tally)
for line in tally.broken:
    print(line)
if not tally.broken and tally.sectors // 3 < tally.whole < tally.sectors:
    print("plain" if walk.step is walk_plain.step else "viper", "walked", tally.whole, "of", tally.sectors)
