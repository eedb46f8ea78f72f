# SPDX-License-Identifier: MIT
"""A plain run takes a sample of what takes long; `make soak` runs all of it.

`@pytest.mark.sample("name", 2)`: of all tests with this name a plain run takes two. `@pytest.mark.parametrize("part",
parts(5))`: of what one test tries a plain run takes one in five. $NIGHTLATCH_SEED says which ones.
Where it is not given it is drawn, and in CI it is the day's. The head of each run prints it: the same seed chooses the
same tests.
"""

import os
import secrets
from datetime import date
from random import Random
from typing import Any

import pytest

SEED = "NIGHTLATCH_SEED"


def seed() -> int:
    """The run's, for whoever draws lots. Workers get it from the process that starts them."""
    drawn = date.today().toordinal() if os.environ.get("CI") else secrets.randbelow(1 << 32)
    return int(os.environ.setdefault(SEED, str(drawn)))


def chosen(seed: int, name: str, count: int, tests: list[str]) -> set[str]:
    """So many of these node ids; the same for the same seed, in whatever order they are told."""
    ordered = sorted(tests)
    return set(Random(f"{seed} {name}").sample(ordered, min(count, len(ordered))))


def parts(count: int) -> list[Any]:
    """(first, stride) for a test that tries things in a row: one in so many in a plain run, in a soak each of them."""
    return [pytest.param((seed() % count, count), id="part"), pytest.param((0, 1), id="all", marks=pytest.mark.soak)]


def pytest_configure(config: pytest.Config) -> None:
    """Draws the seed before workers are started."""
    config.addinivalue_line("markers", "sample(name, count): a plain run takes so many of all tests with this name")
    seed()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks what a plain run leaves out, and for a soak all of it, as soak. Tests that are named one by one all run."""
    if config.option.markexpr != "not soak" and config.option.markexpr != "soak":
        return
    groups: dict[str, tuple[int, list[pytest.Item]]] = {}
    for item in items:
        mark = item.get_closest_marker("sample")
        if mark is not None:
            name, count = mark.args
            groups.setdefault(name, (count, []))[1].append(item)
    for name, (count, members) in groups.items():
        some = chosen(seed(), name, count, [_bare(item) for item in members])
        for item in members:
            if config.option.markexpr == "soak" or _bare(item) not in some:
                item.add_marker(pytest.mark.soak)


def _bare(item: pytest.Item) -> str:
    """Its node id, without the group that xdist writes behind it."""
    return item.nodeid.partition("@")[0]
