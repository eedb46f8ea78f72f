# SPDX-License-Identifier: MIT
"""Rot, failing operations, a heap that ends, worn sectors, a newer layout, a full store. On both geometries."""

from pathlib import Path
from typing import Any

import pytest

from nightlatch.micropython import ROOT
from tests.kit.sample import parts
from tests.model import faults, rot, secrets, wear
from tests.power.workloads import NAMES

Part = tuple[int, int]  # the first, and how many to the next
GEOMETRIES = pytest.mark.parametrize("geometry", ["big", "small"])


@GEOMETRIES
def test_rot_is_contained_and_told(geometry: str) -> None:
    assert rot.rot(geometry, 5, 700) == []


@GEOMETRIES
def test_a_bit_of_a_setting_does_not_flip_unseen(geometry: str) -> None:
    assert rot.each_bit(geometry) == []


@GEOMETRIES
def test_sectors_without_a_use_mark_are_taken_back(geometry: str) -> None:
    assert rot.headless(geometry) == []


@GEOMETRIES
def test_a_foreign_flash_is_refused_at_once(geometry: str) -> None:
    assert rot.foreign(geometry) == []


@GEOMETRIES
@pytest.mark.parametrize("fault", [OSError, MemoryError])
@pytest.mark.parametrize("torn", [False, True])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("part", parts(8))
def test_an_operation_that_fails_harms_nothing_else(
    name: str, torn: bool, fault: type, geometry: str, part: Part
) -> None:
    first, stride = part
    tried, broken = faults.failing(name, geometry, fault, torn, stride, first)
    assert tried > 3 and broken == []


@GEOMETRIES
@pytest.mark.parametrize("how", ["program", "erase", "refuse"])
def test_worn_sectors_are_retired(geometry: str, how: str) -> None:
    assert wear.worn(geometry, how, 0 if how == "refuse" else 2) == []


@GEOMETRIES
def test_old_secrets_are_gone_at_once(geometry: str) -> None:
    assert secrets.lingering(geometry) == []


@GEOMETRIES
def test_a_head_that_takes_no_zeros_costs_nothing(geometry: str) -> None:
    assert wear.unwiped(geometry) == []


@GEOMETRIES
def test_a_newer_layout_is_refused(geometry: str) -> None:
    assert wear.newer(geometry) == []


@GEOMETRIES
def test_a_full_store_still_turns(geometry: str) -> None:
    assert wear.full(geometry) == []


@GEOMETRIES
def test_a_store_without_a_clean_sector_can_be_read(geometry: str) -> None:
    assert wear.crammed(geometry) == []


@pytest.mark.parametrize("run", ["big enrol unlock log", "small revoke config compaction/29"])
@pytest.mark.parametrize("part", parts(14))
def test_a_heap_that_ends_anywhere_harms_nothing_else(upy: Any, run: str, part: Part) -> None:
    ran = upy(Path(__file__).parent / "upy_memory.py", *part, *run.split(), heap="2M", timeout=300, path=(ROOT,))
    *broken, last = ran.stdout.splitlines()
    assert broken == [] and int(last.split()[1]) > 100 // part[1], ran.stdout[-3000:]


@GEOMETRIES
@pytest.mark.parametrize("part", parts(7))
def test_the_same_under_micropython(upy: Any, geometry: str, part: Part) -> None:
    ran = upy(Path(__file__).parent / "upy_faults.py", geometry, *part, heap="8M", timeout=300, path=(ROOT,))
    *broken, last = ran.stdout.splitlines()
    assert broken == [] and int(last.split()[1]) > 200, ran.stdout[-3000:]
