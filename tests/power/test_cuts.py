# SPDX-License-Identifier: MIT
"""A seeded sample of the cuts under CPython and MicroPython; `make power` tries all. See engine.py for names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nightlatch.micropython import ROOT
from tests.power import engine
from tests.power.jobs import sweeps
from tests.power.sample import SEED, again
from tests.power.workloads import GEOMETRIES, NAMES

SPARSE = 11  # of second cuts, one in so many
PIECES = 4  # of the changes of a workload, one in so many, which ones by the seed
WHOLE = {(job.name, job.geometry): job for job in sweeps(1)}


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("name", NAMES)
def test_before_or_after(name: str, geometry: str) -> None:
    job = WHOLE[name, geometry]
    outcome = job._replace(seed=SEED, deep=min(job.deep, 1) * SPARSE, part=SEED % PIECES, parts=PIECES).run()
    assert outcome.left
    assert not outcome.failures, again(outcome.failures)


@pytest.mark.parametrize("name", ["first:big:2:8.w:1.h", "first:small:2:8.w:1.h", "worn:small:1:84.w:18.M"])
def test_what_a_soak_once_found(name: str) -> None:
    assert engine.replay(name) == ""


@pytest.mark.parametrize("geometry", ["big", "small"])
def test_before_or_after_under_micropython(upy: Callable[..., Any], geometry: str) -> None:
    names = [name for name in NAMES if not name.startswith("dead")]
    sample = [f"{name}:{geometry}:3:1:{97 if geometry == 'big' else 0}:0:3" for name in names]
    ran = upy(Path(__file__).parent / "upy_cuts.py", *sample, heap="64M", timeout=300, path=(ROOT,))
    _, cuts, _, failed = ran.stdout.splitlines()[-1].split()
    assert int(cuts) > 300 and failed == "0", ran.stdout[-3000:]
