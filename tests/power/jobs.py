# SPDX-License-Identifier: MIT
"""What a run consists of, in pieces that fit processes: the cuts of a part of a workload, or one long history."""

from collections.abc import Collection
from typing import NamedTuple

from tests.power import engine, histories
from tests.power.remembered import remembered
from tests.power.seen import Seen
from tests.power.shapes import SHAPES
from tests.power.workloads import GEOMETRIES, NAMES

# Of second cuts, one in so many is tried, on each geometry: all, but of worn sectors and of stores that had died.
# `make soak` tries all; of those left out here two are known not to hold, see tests/power/test_cuts.py.
DEEP = {"worn": (5, 1)}
# What is cheap to start is torn with so many seeds: other cells are done, other ones can't decide.
SEEDS = {"first": 2, "turn": 2, "config": 2, "revoke": 2, "log": 2, "lost": 2, "unlock": 2}
DEEP_ELSE = (1, 1)
DEEP_DEAD = (0, 0)
CUTS_LEAST = 150_000  # that differ; what `make power` must come to
SOAK_CUTS = 1_000_000
SOAK_OPERATIONS = 10_000_000


class Outcome(NamedTuple):
    """What became of a job. `what` it counts for; a mark of each cut that was not seen before, which tells it apart;
    failures begin with a name that replays them.
    """

    what: str
    left: Collection[bytes]
    operations: int
    failures: list[str]


class Sweep(NamedTuple):
    """The cuts of one part, of so many, of a workload, with some seeds. `deep`: see engine.Cuts.first."""

    name: str
    geometry: str
    seed: int
    seeds: int
    deep: int
    part: int
    parts: int

    def run(self, seen: Seen | None = None) -> Outcome:
        """`seen`: what was tried before, and is not tried again."""
        with remembered():
            left, failures = engine.enumerate_cuts(*self, seen)
        return Outcome(f"{self.name}, {self.geometry}", left, 0, failures)


class Life(NamedTuple):
    """A history of so many starts: see histories.py."""

    shape: str
    seed: int
    starts: int

    def run(self, seen: Seen | None = None) -> Outcome:
        """A history is one thread: nothing of it is left out."""
        with remembered():
            history, failure = histories.play(*self)
        group = self.shape.rstrip("0123456789").rstrip("-")
        return Outcome(f"history {group}", history.left, history.operations, [failure] if failure else [])


Job = Sweep | Life


def sweeps(seed: int, seeds: int = 1, full: bool = False) -> list[Sweep]:
    """All cuts of some seeds; `full`: two cuts deep without a gap."""
    out = []
    for name in NAMES:
        for geometry, deep in zip(GEOMETRIES, DEEP_DEAD if name.startswith("dead") else DEEP.get(name, DEEP_ELSE)):
            parts = 2 if name in ("compaction", "worn", "first") else 1
            parts *= 8 if full else 1
            many = seeds * (1 if full else SEEDS.get(name, 1))
            out += [Sweep(name, geometry, seed, many, 1 if full else deep, part, parts) for part in range(parts)]
    return sorted(out, key=lambda job: job.name not in ("compaction", "worn"))  # the longest first


def lives(seed: int, starts: int) -> list[Life]:
    """One history of each shape, those with many keys shorter."""
    return [Life(name, seed, starts // 4 if shape.chip == "wide" else starts) for name, shape in SHAPES.items()]
