# SPDX-License-Identifier: MIT
"""Rot, failing operations, worn sectors, a newer layout, a full store: see harm.py. On both geometries."""

import pytest

from tests.model import harm
from tests.power.workloads import NAMES

GEOMETRIES = pytest.mark.parametrize("geometry", ["big", "small"])


@GEOMETRIES
def test_rot_is_contained_and_told(geometry: str) -> None:
    assert harm.rot(geometry, 5, 700) == []


@GEOMETRIES
def test_sectors_without_a_use_mark_are_taken_back(geometry: str) -> None:
    assert harm.headless(geometry) == []


@GEOMETRIES
@pytest.mark.parametrize("fault", [OSError, MemoryError])
@pytest.mark.parametrize("torn", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_an_operation_that_fails_harms_nothing_else(name: str, torn: bool, fault: type, geometry: str) -> None:
    tried, broken = harm.failing(name, geometry, fault, torn)
    assert tried > 3 and broken == []


@GEOMETRIES
@pytest.mark.parametrize("how", ["program", "erase", "refuse"])
def test_worn_sectors_are_retired(geometry: str, how: str) -> None:
    assert harm.worn(geometry, how, 0 if how == "refuse" else 2) == []


@GEOMETRIES
def test_a_newer_layout_is_refused(geometry: str) -> None:
    assert harm.newer(geometry) == []


@GEOMETRIES
def test_a_full_store_still_turns(geometry: str) -> None:
    assert harm.full(geometry) == []
