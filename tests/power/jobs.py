# SPDX-License-Identifier: MIT
"""The cuts of a run, in pieces that fit processes: (workload, geometry, first seed, seeds, deep, part, parts)."""

from tests.power.workloads import GEOMETRIES, NAMES

# Of second cuts, one in so many is tried: all of the unlock's and the compaction's, on both geometries. `make soak`
# tries all.
DEEP = {"unlock": (1, 1), "compaction": (1, 1), "migration": (5, 29), "worn": (5, 17)}
DEEP_ELSE = (1, 7)
PARTS = {"compaction": 8, "migration": 8, "worn": 2, "update": 2, "enrol": 2, "config": 2}
CUTS_LEAST = 100_000
SOAK_LEAST = 1_000_000
Job = tuple[str, str, int, int, int, int, int]


def jobs(seed: int, seeds: int = 1, full: bool = False) -> "list[Job]":
    """All of some seeds; `full`: two cuts deep without a gap."""
    out = []
    for name in NAMES:
        for geometry, deep in zip(GEOMETRIES, DEEP.get(name, DEEP_ELSE)):
            parts = PARTS.get(name, 1) * (4 if full else 1)
            out += [(name, geometry, seed, seeds, 1 if full else deep, part, parts) for part in range(parts)]
    return sorted(out, key=lambda job: job[0] != "compaction")  # the longest first
