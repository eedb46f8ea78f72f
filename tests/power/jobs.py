# SPDX-License-Identifier: MIT
"""The cuts of a run, in pieces that fit processes: (workload, geometry, seed, deep, part, parts)."""

from tests.power.workloads import NAMES

# Of second cuts, one in so many is tried; 1: all of them. `make soak` tries all of unlock and compaction.
DEEP = {
    "unlock": (1, 2),
    "compaction": (1, 29),
    "enrol": (9, 29),
    "lost": (9, 29),
    "revoke": (9, 29),
    "log": (9, 29),
    "config": (9, 29),
    "update": (9, 29),
    "first": (9, 29),
    "turn": (9, 29),
    "migration": (29, 97),
}
PARTS = {"compaction": 16, "unlock": 4, "migration": 4}
CUTS_LEAST = 100_000
SOAK_LEAST = 1_000_000


def jobs(seed: int, full: bool = False) -> "list[tuple[str, str, int, int, int, int]]":
    """All of one seed. The large sectors with their large pages make fewer changes and are cut more thoroughly."""
    out = []
    for name in NAMES:
        for geometry, deep in zip(("big", "small"), DEEP[name]):
            parts = PARTS.get(name, 1)
            deep = 1 if full and name in ("unlock", "compaction") else deep
            out += [(name, geometry, seed, deep, part, parts) for part in range(parts)]
    return out
