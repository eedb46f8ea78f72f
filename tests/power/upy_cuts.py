# SPDX-License-Identifier: MIT
"""A part of the cuts under MicroPython; the last line is `cuts N failed M`."""

import gc
import sys

import agent.store.journal  # noqa: F401  (first: below the imports of the tests, its own would go too deep)
from tests.power import engine

count = failed = 0
for job in sys.argv[1:]:
    name, geometry, *numbers = job.split(":")
    tried, failures = engine.enumerate_cuts(name, geometry, *map(int, numbers))
    count += len(tried)
    failed += len(failures)
    for failure in failures[:5]:
        print(failure)
    gc.collect()
print("cuts", count, "failed", failed)
