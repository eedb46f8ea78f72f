# SPDX-License-Identifier: MIT
"""The store's promises at their edges, what it counts, and each byte of its layout. On both geometries."""

from collections.abc import Callable

import pytest

from tests.model import counts, damage, image, losing, promises
from tests.mutants.suites import DIRECT

GEOMETRIES = pytest.mark.parametrize("geometry", ["big", "small"])
COUNTS = (counts.starts, counts.overflow, counts.wear, counts.room, image.layout, damage.a_length)


@GEOMETRIES
@pytest.mark.parametrize("promise", promises.ALL + losing.ALL, ids=lambda promise: promise.__name__)
def test_promises(promise: Callable[[str], None], geometry: str) -> None:
    promise(geometry)


@GEOMETRIES
@pytest.mark.parametrize("count", COUNTS, ids=lambda count: count.__name__)
def test_counts_and_layout(count: Callable[[str], list[str]], geometry: str) -> None:
    assert count(geometry) == []


def test_bodies_of_a_credential() -> None:
    promises.bodies()


def test_a_sum_runs_backwards() -> None:
    assert counts.backwards() == []


def test_tables_of_addresses() -> None:
    promises.addresses()


@pytest.mark.parametrize("case", [case for module in DIRECT for case in module.ALL], ids=lambda case: case.__name__)
def test_of_the_objects_themselves(case: Callable[[], "list[str] | None"]) -> None:
    assert not case()
