# SPDX-License-Identifier: MIT
"""What a verdict takes from the heap, with the collector off: bounded, so that none is needed meanwhile."""

from pathlib import Path
from typing import Any

from nightlatch.micropython import ROOT

BOUND = 12 * 1024  # bytes, of a heap of 128 KB that an idle agent has swept
CHALLENGE_BOUND = 512


def test_heap_of_a_verdict(upy: Any) -> None:
    said = upy(Path(__file__).with_name("upy_gate_heap.py"), heap="1M", path=(ROOT,)).stdout
    print("heap bytes per verdict, gc off:\n" + said)
    rows = {
        name: (int(size), bool(int(accepted)))
        for name, size, accepted in (row.split("=") for row in said.splitlines())
    }
    assert len(rows) == 14
    assert [name for name, row in rows.items() if row[1]] == [
        "accept unlock",
        "accept status",
        "brought along by 8",
    ]
    assert rows.pop("challenge")[0] <= CHALLENGE_BOUND
    assert rows.pop("left after 200")[0] <= 1024, "nothing piles up"
    assert {name: size for name, (size, _) in rows.items() if size > BOUND} == {}
