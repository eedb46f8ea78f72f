# SPDX-License-Identifier: MIT
"""P1 to P4, P8, P10, P11: instructions and heap of verdicts, starts, signatures, compares, on the emulated board.

The targets are the first ones; the second ones (a verdict within one SHA-256, no heap) come after them.
"""

import tempfile
from pathlib import Path

from tests.bench import instructions as counted
from tests.bench.figure import Figure

ACCEPT, UNKNOWN, OVER_ACCEPT = 15_000, 3_000, 1.05
BOOT_FEW, BOOT, BOOT_EACH = 24_000_000, 30_000_000, 8_000
HEAP, GROWTH, RAM, LEAK = 320, 1.05, 8, 1.0
SIGNATURE = 30_000_000
# Most of a verdict is Python's own overhead and the search for free heap.
NOT_YET = {
    "accept",
    "accept bytes",
    "reject bytes, unknown",
    "reject bytes, used challenge",
    "reject bytes, stale",
    "reject bytes, bad tag",
    "reject bytes, malformed",
    "unknown",
    "accept ratio",
    "accept against bad tag percent",
}
INSTRUCTIONS = "instructions of an emulated Cortex-M3 (-icount), the image that a board gets"


def measure(full: bool) -> list[Figure]:
    """All of them; without `full` all but P4, which fills a flash with all keys that a board holds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return [
            figure
            for number, count in counted.FIGURES.items()
            if full or number != "P4"
            for figure in figures(number, count(folder))
        ]


def figures(number: str, found: dict[str, float]) -> list[Figure]:
    """What instructions.py found, with units and targets."""
    made = []
    for name, value in found.items():
        unit = "bytes" if "bytes" in name else "%" if "percent" in name else "" if ratio(name) else "instr."
        made.append(Figure(number, name.replace("_", " "), value, unit, most(number, name), INSTRUCTIONS))
    return made


def ratio(name: str) -> bool:
    """Whether a figure is a plain number."""
    return name in ("most_per_accept", "accept_ratio", "accept_per_sha256", "collections")


def most(number: str, name: str) -> float | None:
    """The target of a figure, None where it is there to compare with."""
    targets: dict[tuple[str, str], float] = {
        ("P1", "accept"): ACCEPT,
        ("P2", "accept_bytes"): HEAP,
        ("P2", "collections"): 0,
        ("P3", "unknown"): UNKNOWN,
        ("P3", "most_per_accept"): OVER_ACCEPT,
        ("P3", "flash_bytes"): 0,
        ("P4", "accept_ratio"): GROWTH,
        ("P4", "ram_bytes_per_credential"): RAM,
        ("P8", "boot_few"): BOOT_FEW,
        ("P8", "boot"): BOOT,
        ("P8", "boot_each"): BOOT_EACH,
        ("P10", "check, good"): SIGNATURE,
        ("P10", "check, bad"): SIGNATURE,
        ("P11", "compare"): 0,
        ("P11", "right_tag_percent"): LEAK,
        ("P11", "wrong_tag_percent"): LEAK,
        ("P11", "accept_against_bad_tag_percent"): LEAK,
    }
    if number == "P2" and name.startswith("reject_bytes"):
        return 0.0
    return targets.get((number, name))
