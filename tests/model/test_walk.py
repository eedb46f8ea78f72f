# SPDX-License-Identifier: MIT
"""What a start's walk takes for being in order is so, and reads as Records.scan reads it: cut, rotted, made up."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.sample import parts
from tests.model import walks
from tests.power.workloads import GEOMETRIES, NAMES

SOME = pytest.mark.parametrize("part", parts(4))
Part = tuple[int, int]  # the first, and how many to the next
ROOT = Path(__file__).resolve().parents[2]


@SOME
def test_sectors_of_any_records_and_holes(part: Part) -> None:
    first, stride = part
    tally = walks.Tally()
    walks.made(1500 // stride, tally, first)
    assert tally.broken == []
    assert tally.sectors > 1400 // stride and 0.4 < tally.whole / tally.sectors < 0.95


@SOME
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_sectors_that_cuts_left(geometry: str, part: Part) -> None:
    first, stride = part
    tally = walks.Tally()
    for name in (one for one in NAMES if one != "migration"):
        walks.cut(name, geometry, 7 * stride, tally, 7 * first)
    assert tally.broken == []
    assert tally.sectors > 1000 // stride and 0.7 < tally.whole / tally.sectors < 1


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_sectors_with_rot(geometry: str) -> None:
    tally = walks.Tally()
    for name in ("turn", "compaction", "worn"):
        walks.rotten(name, geometry, 150, tally)
    assert tally.broken == []
    assert tally.sectors > 1000 and 0.3 < tally.whole / tally.sectors < 1


def test_what_is_told_as_the_last_is_what_was_visited() -> None:
    """A weak record that verified once is in the tables: it must be made firm, whatever it reads as by then."""
    told = set()
    for good in range(12):
        weak, visited, last = walks.fading(good)
        assert visited == last, f"after {good} good reads"
        told.add(last == weak)
    assert told == {True, False}


@pytest.mark.parametrize("loop", ["viper", "plain"])
def test_the_same_under_micropython(upy: Any, loop: str) -> None:
    """As machine code, and as the bytecode of builds that have none."""
    ran = upy(Path(__file__).parent / "upy_walk.py", loop, heap="8M", timeout=300, path=(ROOT,))
    assert ran.stdout.splitlines()[-1].startswith(f"{loop} walked"), ran.stdout
