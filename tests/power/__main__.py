# SPDX-License-Identifier: MIT
"""`python -m tests.power [--soak]`: all cuts on all cores, then `cuts N failed M`. Failures have a name to replay."""

import multiprocessing
import os
import sys
import time

from tests.power import engine
from tests.power.jobs import SOAK_LEAST, Job, jobs

SHOWN = 5
SOAK_SEEDS = 2  # of a job: cuts that leave what another seed's left are counted once


def work(job: Job) -> tuple[Job, int, list[str]]:
    """One job."""
    count, failures = engine.enumerate_cuts(*job)
    return job, count, failures


def main() -> int:
    """Exit status: 0 if every cut held."""
    soak = "--soak" in sys.argv[1:]
    least, seeds = (SOAK_LEAST, SOAK_SEEDS) if soak else (1, 1)
    start = time.monotonic()
    total = failed = 0
    seed = 1
    sums: dict[str, list[int]] = {}
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        while total < least:
            for (name, geometry, *_), count, failures in pool.imap_unordered(work, jobs(seed, seeds, soak)):
                total += count
                failed += len(failures)
                line = sums.setdefault(f"{name}, {geometry}", [0, 0])
                line[0] += count
                line[1] += len(failures)
                for failure in failures[:SHOWN]:
                    print(f"{failure}\n    again with: python -m tests.power.replay {failure.split()[0]}", flush=True)
                if seed > 1 and total >= least:
                    break  # every workload had its turn
            seed += seeds
    for what, (count, bad) in sorted(sums.items()):
        print(f"{what:22} {count:8} cuts {bad:5} failed")
    print(f"{time.monotonic() - start:.0f} s")
    print(f"cuts {total} failed {failed}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
