# SPDX-License-Identifier: MIT
"""`python -m tests.power [--soak]`: all cuts on all cores, then `cuts N failed M`. Failures have a name to replay."""

import multiprocessing
import os
import sys
import time

from tests.power import engine
from tests.power.jobs import SOAK_LEAST, jobs

SHOWN = 5


def work(job: tuple[str, str, int, int, int, int]) -> tuple[tuple[str, str, int, int, int, int], int, list[str]]:
    """One job."""
    count, failures = engine.enumerate_cuts(*job)
    return job, count, failures


def main() -> int:
    """Exit status: 0 if every cut held."""
    least = SOAK_LEAST if "--soak" in sys.argv[1:] else 1
    start = time.monotonic()
    total = failed = 0
    seed = 1
    sums: dict[str, list[int]] = {}
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        while total < least:
            for (name, geometry, *_), count, failures in pool.imap_unordered(work, jobs(seed, least > 1 and seed == 1)):
                total += count
                failed += len(failures)
                line = sums.setdefault(f"{name}, {geometry}", [0, 0])
                line[0] += count
                line[1] += len(failures)
                for failure in failures[:SHOWN]:
                    print(f"{failure}\n    again with: python -m tests.power.replay {failure.split()[0]}", flush=True)
            seed += 1
    for what, (count, bad) in sorted(sums.items()):
        print(f"{what:22} {count:8} cuts {bad:5} failed")
    print(f"{time.monotonic() - start:.0f} s")
    print(f"cuts {total} failed {failed}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
