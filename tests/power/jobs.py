# SPDX-License-Identifier: MIT
"""The cuts of a run, in pieces that fit processes: (workload, geometry, first seed, seeds, deep, part, parts)."""

from tests.power.workloads import GEOMETRIES, NAMES

# Of second cuts, one in so many is tried: all of the unlock's and the compaction's, on both geometries. `make soak`
# tries all.
DEEP = {"unlock": (1, 1), "compaction": (1, 1), "migration": (5, 29), "worn": (5, 17)}
DEEP_ELSE = (1, 7)
# Into how many parts a workload falls, and how many cuts each has at least.
LEAST = {
    ("enrol", "big"): (1370, 1500),
    ("enrol", "small"): (1220, 1990),
    ("unlock", "big"): (690,),
    ("unlock", "small"): (6640,),
    ("lost", "big"): (1820,),
    ("lost", "small"): (2840,),
    ("revoke", "big"): (1510,),
    ("revoke", "small"): (2140,),
    ("log", "big"): (730,),
    ("log", "small"): (1180,),
    ("config", "big"): (1220, 1510),
    ("config", "small"): (880, 1800),
    ("compaction", "big"): (230, 1150, 1260, 1200, 750, 1280, 1530, 1390),
    ("compaction", "small"): (720, 4640, 9920, 7050, 7750, 7330, 8350, 10530),
    ("migration", "big"): (1030, 620, 880, 1300, 1480, 890, 880, 950),
    ("migration", "small"): (760, 800, 610, 840, 970, 710, 940, 860),
    ("update", "big"): (1540, 2010),
    ("update", "small"): (2290, 3800),
    ("first", "big"): (2020,),
    ("first", "small"): (1620,),
    ("turn", "big"): (3820,),
    ("turn", "small"): (3320,),
    ("worn", "big"): (1940, 1780),
    ("worn", "small"): (2880, 4020),
}
CUTS_LEAST = 100_000
SOAK_LEAST = 1_000_000
Job = tuple[str, str, int, int, int, int, int]


def jobs(seed: int, seeds: int = 1, full: bool = False) -> "list[Job]":
    """All of some seeds; `full`: two cuts deep without a gap."""
    out = []
    for name in NAMES:
        for geometry, deep in zip(GEOMETRIES, DEEP.get(name, DEEP_ELSE)):
            parts = len(LEAST[name, geometry]) * (4 if full else 1)
            out += [(name, geometry, seed, seeds, 1 if full else deep, part, parts) for part in range(parts)]
    return sorted(out, key=lambda job: job[0] != "compaction")  # the longest first
