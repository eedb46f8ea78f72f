# SPDX-License-Identifier: MIT
"""The plugin that puts system tests and attacks on the bench's clock. A test marked machine_time stays off it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from nightlatch.errors import HostError
from tests.clock import loop, readings

_HERE = Path(__file__).resolve().parent
_FOLDERS = (_HERE.parent / "attack", _HERE.parent / "system")
_policy = loop.Policy()


def pytest_configure(config: pytest.Config) -> None:
    """Loops and readings are in their place from here on, and do as ever while no test wants the bench's time."""
    asyncio.set_event_loop_policy(_policy)
    readings.install()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """One test, from its set-up to its end."""
    _policy.owned = _wanted(item)
    try:
        yield
    finally:
        _policy.owned = False


def _wanted(item: pytest.Item) -> bool:
    """Whether it is on the clock: the clock's own tests are, whatever MicroPython is here."""
    if item.get_closest_marker("machine_time"):
        return False
    if _HERE in item.path.parents:
        return True
    try:
        return any(folder in item.path.parents for folder in _FOLDERS) and loop.has_clock()
    except HostError:  # no MicroPython: the test will say so
        return False
