# SPDX-License-Identifier: MIT
"""`python -m tests.power [--soak]`: all cuts and histories on all cores, then `cuts N failed M`.

Failures have a name to replay. Cuts that left the same, in whatever jobs, are counted once.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from itertools import count

from tests.power.jobs import CUTS_LEAST, SOAK_CUTS, SOAK_OPERATIONS, Job, Outcome, lives, sweeps
from tests.power.seen import Seen

SHOWN = 5
STARTS = 400
SOAK_STARTS = 4000
SOAK_SEEDS = 2  # of a sweep
_SEEN_MOST = 2_000_000

_seen = Seen()  # by this process: it is not tried again


def work(job: Job) -> Outcome:
    """One job."""
    if len(_seen.left) > _SEEN_MOST:
        _seen.clear()
    return job.run(_seen)


class Sums:
    """What all jobs came to, by what they count for."""

    def __init__(self) -> None:
        self.lines: dict[str, list[int]] = {}
        self._left: set[bytes] = set()

    def add(self, outcome: Outcome) -> None:
        """Counts a job, and says what failed."""
        line = self.lines.setdefault(outcome.what, [0, 0, 0])
        known = len(self._left)
        self._left.update(outcome.left)
        for place, more in enumerate((len(self._left) - known, len(outcome.failures), outcome.operations)):
            line[place] += more
        for failure in outcome.failures[:SHOWN]:
            print(f"{failure}\n    again with: python -m tests.power.replay {failure.split()[0]}", flush=True)

    def total(self, place: int) -> int:
        """Of all: cuts (0), failures (1), operations (2)."""
        return sum(line[place] for line in self.lines.values())

    def print(self) -> None:
        for what, (cuts, failed, operations) in sorted(self.lines.items()):
            print(f"{what:24} {cuts:8} cuts {failed:5} failed" + (f"{operations:10} operations" if operations else ""))


def endless(soak: bool) -> Iterator[list[Job]]:
    """The jobs of a run; for a soak batch after batch, seed by seed."""
    if not soak:
        yield [*sweeps(1), *lives(1, STARTS)]
        return
    for seed in count(1):
        yield [*lives(seed, SOAK_STARTS), *(sweeps(seed, SOAK_SEEDS, True) if seed % SOAK_SEEDS else [])]


def main() -> int:
    """Exit status: 0 if every cut held, and there were enough of them."""
    soak = "--soak" in sys.argv[1:]
    start = time.monotonic()
    sums = Sums()
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        for batch in endless(soak):
            for outcome in pool.imap_unordered(work, batch):
                sums.add(outcome)
            if soak and sums.total(0) >= SOAK_CUTS and sums.total(2) >= SOAK_OPERATIONS:
                break
        pool.close()
        pool.join()
    sums.print()
    spent = sum(os.times()[:4])
    print(
        f"{sums.total(2)} operations in histories, {time.monotonic() - start:.0f} s, {spent:.0f} s of processor time"
    )
    print(f"cuts {sums.total(0)} failed {sums.total(1)}")
    return int(sums.total(1) > 0 or sums.total(0) < CUTS_LEAST)


if __name__ == "__main__":
    sys.exit(main())
