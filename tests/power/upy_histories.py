# SPDX-License-Identifier: MIT
"""Histories under MicroPython, by shape:seed:starts; prints what broke, and how many operations there were."""

import gc
import sys

import agent.store.journal  # noqa: F401  (first: below the imports of the tests, its own would go too deep)
from tests.power.histories import play

operations = 0
for job in sys.argv[1:]:
    name, seed, starts = job.split(":")
    history, failure = play(name, int(seed), int(starts))
    operations += history.operations
    if failure:
        print(failure)
    gc.collect()
print("operations", operations)
