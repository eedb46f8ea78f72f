# SPDX-License-Identifier: MIT
"""Sectors that refuse, are given up, or are wiped; cells that can't decide. On both geometries."""

from collections.abc import Callable

import pytest

from tests.model import refusals, weak, wiping

GEOMETRIES = pytest.mark.parametrize("geometry", ["big", "small"])


@GEOMETRIES
@pytest.mark.parametrize("refuses", [refusals.refused_erase, refusals.refused_open], ids=["erase", "program"])
def test_a_sector_that_refused_once_is_used_again(
    refuses: Callable[[str], list[str]], geometry: str
) -> None:
    assert refuses(geometry) == []


@GEOMETRIES
def test_a_sector_that_always_refuses_rests_until_the_next_start(geometry: str) -> None:
    assert refusals.always_refused(geometry) == []


@GEOMETRIES
def test_a_sector_that_is_given_up_never_comes_back(geometry: str) -> None:
    assert refusals.given_up(geometry) == []


@GEOMETRIES
def test_a_byte_that_reads_wrong_once_costs_nothing(geometry: str) -> None:
    assert weak.misread(geometry) == []


@GEOMETRIES
def test_a_secret_that_was_killed_by_half_stays_gone(geometry: str) -> None:
    assert weak.half_killed(geometry) == []


@GEOMETRIES
def test_a_reset_that_is_cut_goes_on(geometry: str) -> None:
    assert wiping.reset(geometry) == []


@GEOMETRIES
def test_a_reset_whose_last_erase_is_cut_is_done(geometry: str) -> None:
    assert wiping.last_erase(geometry) == []


@GEOMETRIES
def test_a_reset_of_sectors_that_fail(geometry: str) -> None:
    assert wiping.refused(geometry) == []


@GEOMETRIES
def test_what_is_no_store_is_erased_all_the_same(geometry: str) -> None:
    assert wiping.unreadable(geometry) == []
