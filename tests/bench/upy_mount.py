# SPDX-License-Identifier: MIT
"""Runs under MicroPython: mounts a flash image and prints the bytes of heap that the store takes."""

import gc
import sys

from agent.store.flash.filenor import FileNor
from agent.store.journal import Journal
from agent.store.tables import Store

nor = FileNor(sys.argv[1], int(sys.argv[2]))
gc.collect()
before = gc.mem_alloc()
store = Store(Journal(nor))
store.mount()
gc.collect()
assert store.next_handle() and store.damage() == 0
print(gc.mem_alloc() - before)
