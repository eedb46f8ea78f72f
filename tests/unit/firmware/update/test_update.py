# SPDX-License-Identifier: MIT
"""Slots, trials, refusals and cuts of an update, under MicroPython; its vectors; what the host makes and reads."""

import json
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from nightlatch.errors import HostError, Mismatch
from nightlatch.update import bundle
from tests.kit.outcome import Script
from tests.kit.sample import parts
from tests.vectors import update_make

pytestmark = pytest.mark.xdist_group("test_update")  # a script runs once in a process
SCRIPT = Script(Path(__file__).with_name("upy_update.py"))
CUTS = cache(partial(Script, Path(__file__).with_name("upy_cuts.py")))
WAYS = Script(Path(__file__).with_name("upy_ways.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_update(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)


@pytest.mark.parametrize("part", parts(3))
@pytest.mark.parametrize("case", CUTS(0, 1).cases)
def test_cuts(upy: Any, case: str, part: tuple[int, int]) -> None:
    CUTS(*part).check(upy, case)


@pytest.mark.parametrize("case", WAYS.cases)
def test_ways(upy: Any, case: str) -> None:
    WAYS.check(upy, case)


def test_the_published_file_is_what_the_host_makes() -> None:
    assert json.loads(update_make.FILE.read_text()) == update_make.whole()


def test_the_host_reads_no_update_that_is_not_whole() -> None:
    data = bytes.fromhex(update_make.whole()["good"]["two"])
    assert bundle.parse(data).data == data
    for size in (*range(80), 1000, 3076, 3077 + 1, len(data) - 1):
        with pytest.raises(Mismatch):
            bundle.parse(data[:size])
    with pytest.raises(Mismatch):
        bundle.parse(data + b"\x00")
    for at in range(0, len(data), 23):
        bent = bytearray(data)
        bent[at] ^= 4
        with pytest.raises(HostError):
            bundle.parse(bytes(bent))
