# SPDX-License-Identifier: MIT
"""Runs under MicroPython what test_faults.py runs under CPython, with fewer tries; prints what broke."""

import sys

from agent.store import journal  # noqa: F401  # an import within an import takes stack
from tests.model import faults, rot, secrets, wear

geometry, first, stride = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
broken = rot.rot(geometry, 11, 50) + rot.each_bit(geometry) + rot.headless(geometry) + secrets.lingering(geometry)
broken += wear.newer(geometry) + wear.crammed(geometry)
tried = 0
for name in ("unlock", "config", "worn"):
    for fault in (OSError, MemoryError):
        for torn in (False, True):
            count, more = faults.failing(name, geometry, fault, torn, stride, first)
            tried += count
            broken += more
for line in broken:
    print(line)
print("tried", tried)
